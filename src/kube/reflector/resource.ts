import type { Kind } from '../records.ts';
import type { PodScope } from '../source.ts';
import type { Access } from '../transport/access.ts';

/** A collection that we watch whole. */
export interface Resource {
  readonly kind: Kind;
  /** For people: `Services`. */
  readonly title: string;
  readonly path: string;
  readonly access: Access;
  /** `metadata.name=worker-1`; absent for all of them. */
  readonly fieldSelector?: string;
  /** The name and labels are all that we read of these objects. */
  readonly metadataOnly?: boolean;
}

const VERBS = ['list', 'watch'];
const core = (resource: string): Access => ({ group: '', resource, verbs: VERBS });

/** Services and EndpointSlices come unfiltered: names need the headless ones that a proxy would leave out. */
const RESOURCES: Readonly<Record<Kind, Resource>> = {
  Service: { kind: 'Service', title: 'Services', path: '/api/v1/services', access: core('services') },
  EndpointSlice: {
    kind: 'EndpointSlice',
    title: 'EndpointSlices',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    access: { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: VERBS },
  },
  Node: { kind: 'Node', title: 'Nodes', path: '/api/v1/nodes', access: core('nodes') },
  Namespace: {
    kind: 'Namespace',
    title: 'Namespaces',
    path: '/api/v1/namespaces',
    access: core('namespaces'),
    metadataOnly: true,
  },
  Pod: { kind: 'Pod', title: 'Pods', path: '/api/v1/pods', access: core('pods') },
  ConfigMap: {
    kind: 'ConfigMap',
    title: 'ConfigMaps',
    path: '/api/v1/configmaps',
    access: core('configmaps'),
  },
};

/** Of the Nodes only our own, and of the Pods those that are asked for. */
export function resourceOf(kind: Kind, nodeName: string, pods: PodScope): Resource {
  const resource = RESOURCES[kind];
  if (kind === 'Pod' && pods === 'node') {
    return { ...resource, title: `Pods of ${nodeName}`, fieldSelector: `spec.nodeName=${nodeName}` };
  }
  if (kind !== 'Node') return resource;
  return { ...resource, title: `Node ${nodeName}`, fieldSelector: `metadata.name=${nodeName}` };
}

/** One ConfigMap. RBAC can allow the list and the watch of one name, and no more (`resourceNames`). */
export function configMapResource(namespace: string, name: string): Resource {
  return {
    ...RESOURCES.ConfigMap,
    title: `ConfigMap ${namespace}/${name}`,
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    fieldSelector: `metadata.name=${name}`,
  };
}

const PARTIAL = 'g=meta.k8s.io;v=v1,application/json';

/** A server that cannot reduce objects to their metadata answers with the second choice, whole objects. */
export function acceptOf(resource: Resource, what: 'list' | 'watch'): string {
  if (resource.metadataOnly !== true) return 'application/json';
  const as = what === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return `application/json;as=${as};${PARTIAL}`;
}

export interface ListQuery {
  /** Any data at least as new; `0` is whatever the server has at hand, empty is the newest. */
  readonly notOlderThan: string;
  /** Token for the next page, where the server pages. */
  readonly continueToken: string;
}

export function listPath(resource: Resource, { notOlderThan, continueToken }: ListQuery): string {
  const query = selection(resource);
  // A continue token holds its own version, and the server refuses another beside it.
  if (continueToken !== '') query.set('continue', continueToken);
  else if (notOlderThan !== '') query.set('resourceVersion', notOlderThan);
  return withQuery(resource, query);
}

export interface WatchQuery {
  /** Version to go on from; empty asks for everything that exists first (a streaming list). */
  readonly from: string;
  readonly timeoutSeconds: number;
}

export function watchPath(resource: Resource, { from, timeoutSeconds }: WatchQuery): string {
  const query = selection(resource);
  query.set('watch', '1');
  query.set('allowWatchBookmarks', 'true');
  query.set('timeoutSeconds', String(timeoutSeconds));
  if (from === '') {
    query.set('sendInitialEvents', 'true');
    // Required with sendInitialEvents. A server without streaming lists refuses it on a watch, so that we learn
    // of it at once instead of waiting for an end that never comes.
    query.set('resourceVersionMatch', 'NotOlderThan');
  } else {
    query.set('resourceVersion', from);
  }
  return withQuery(resource, query);
}

function selection(resource: Resource): URLSearchParams {
  return new URLSearchParams(
    resource.fieldSelector === undefined ? {} : { fieldSelector: resource.fieldSelector },
  );
}

function withQuery(resource: Resource, query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? resource.path : `${resource.path}?${text}`;
}
