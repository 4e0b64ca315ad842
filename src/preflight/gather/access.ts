/** What these credentials are allowed to, of what the agent needs. */
import type { Settings } from '../../config/settings.ts';
import { isMapping } from '../../config/mapping.ts';
import { podScope } from '../../agent/source/sources.ts';
import { configMapResource, resourceOf } from '../../kube/reflector/resource.ts';
import type { Access } from '../../kube/transport/access.ts';
import { ApiError } from '../../kube/transport/apiError.ts';
import type { AccessAnswer } from '../clusterFacts.ts';
import type { ClusterHost } from './host.ts';

interface Needed {
  readonly access: Access;
  /** Where it can be tried out, on a server that does not review. */
  readonly path: string;
  readonly namespace?: string;
  readonly name?: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What `run` with these settings watches. */
function neededBy(settings: Settings): readonly Needed[] {
  const { nodeName, dnsConfigMaps } = settings;
  const pods = podScope(settings);
  const kinds = ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const;
  return [
    ...kinds.map((kind) => resourceOf(kind, nodeName, pods)),
    ...(pods === 'none' ? [] : [resourceOf('Pod', nodeName, pods)]),
    ...dnsConfigMaps.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return { ...configMapResource(namespace, name), namespace, name };
    }),
  ];
}

export function askAccess(settings: Settings, host: ClusterHost): Promise<readonly AccessAnswer[]> {
  return Promise.all(neededBy(settings).map((needed) => ask(needed, host)));
}

async function ask(needed: Needed, { transport }: ClusterHost): Promise<AccessAnswer> {
  const { access } = needed;
  const denied: string[] = [];
  try {
    for (const verb of access.verbs) {
      if (!(await isAllowed(needed, verb, transport))) denied.push(verb);
    }
    return { access, denied, unasked: '' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === 'notFound'
      ? { access, ...(await tryIt(needed, transport)) }
      : { access, denied, unasked: error.message };
  }
}

async function isAllowed(
  { access, namespace, name }: Needed,
  verb: string,
  transport: ClusterHost['transport'],
): Promise<boolean> {
  const { group, resource } = access;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { group, resource, verb, namespace, name } },
  };
  const reviews = { group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', verbs: ['create'] };
  const answer = await transport.request({ method: 'POST', path: REVIEWS, access: reviews, body });
  return isMapping(answer) && isMapping(answer['status']) && answer['status']['allowed'] === true;
}

/** A server without the review: one object is asked for. A watch needs the same rule in all that we have met. */
async function tryIt(
  { access, path }: Needed,
  transport: ClusterHost['transport'],
): Promise<Pick<AccessAnswer, 'denied' | 'unasked'>> {
  try {
    await transport.request({ method: 'GET', path: `${path}?limit=1`, access });
    return { denied: [], unasked: '' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === 'forbidden'
      ? { denied: access.verbs, unasked: '' }
      : { denied: [], unasked: error.message };
  }
}
