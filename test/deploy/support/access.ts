/** What RBAC lets the agent do, and what its code asks of the API server, as lines of one form. */
import { configMapResource, resourceOf } from '../../../src/kube/reflector/resource.ts';
import type { Access } from '../../../src/kube/transport/access.ts';
import type { JsonRequest } from '../../../src/kube/transport/transport.ts';
import { ObjectEvents } from '../../../src/agent/reports/objectEvents.ts';
import { ACCESS as TAINT_ACCESS } from '../../../src/agent/reports/startupTaint.ts';
import { openSource } from '../../../src/agent/source/sources.ts';
import type { Settings } from '../../../src/config/settings.ts';
import type { Kind } from '../../../src/kube/records.ts';
import { type JsonObject, listAt, textAt, textsAt } from '../../../src/playground/apiserver/objects/json.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { objectsAt } from './objects.ts';

/** `watch endpointslices.discovery.k8s.io`; `get configmaps coredns in kube-system` where only one is meant. */
type Line = string;

/** Everything that the ServiceAccount is given. Throws where a role is bound to nobody, or to others. */
export function granted(objects: readonly JsonObject[]): readonly Line[] {
  const roles = objects.filter((object) => textAt(object, 'kind').endsWith('Role'));
  return roles.flatMap((role) => {
    const name = textAt(role, 'metadata', 'name');
    const binding = objects.find(
      (object) =>
        object['kind'] === `${textAt(role, 'kind')}Binding` && textAt(object, 'roleRef', 'name') === name,
    );
    const subjects = objectsAt(binding, 'subjects');
    if (subjects.length !== 1 || textAt(subjects[0], 'name') !== 'fairlead')
      throw new Error(`${name}: unbound`);
    const where = textAt(role, 'metadata', 'namespace');
    return objectsAt(role, 'rules').flatMap((rule) => linesOfRule(rule, where));
  });
}

function linesOfRule(rule: JsonObject, namespace: string): Line[] {
  const names = listAt(rule, 'resourceNames').length === 0 ? [''] : textsAt(rule, 'resourceNames');
  return textsAt(rule, 'apiGroups').flatMap((group) =>
    textsAt(rule, 'resources').flatMap((resource) =>
      names.flatMap((name) => linesOf({ group, resource, verbs: textsAt(rule, 'verbs') }, name, namespace)),
    ),
  );
}

function linesOf({ group, resource, verbs }: Access, name: string, namespace: string): Line[] {
  const what = `${resource}${group && `.${group}`}${name && ` ${name}`}${namespace && ` in ${namespace}`}`;
  return verbs.map((verb) => `${verb} ${what}`);
}

/** Everything that an agent with these settings asks for: what it watches, its Events about that, what it follows. */
export async function needed(settings: Settings): Promise<readonly Line[]> {
  // In-cluster credentials that are never used, since nothing is started.
  const env = { KUBERNETES_SERVICE_HOST: '192.0.2.10', KUBERNETES_SERVICE_PORT: '6443' };
  const { source } = await openSource(settings, { env, clock: new FakeClock(), log: new FakeLog() });
  const kinds = source.state().map(({ kind }) => kind);
  const watched = kinds.map((kind) => resourceOf(kind, settings.nodeName, 'node').access);
  const told = await Promise.all(kinds.map(accessOfEvents));
  const followed = settings.dnsConfigMaps.flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/');
    return linesOf(configMapResource(namespace, name).access, name, namespace);
  });
  const patched = settings.startupTaint === '' ? [] : [TAINT_ACCESS];
  return [...watched, ...told.flat(), ...patched]
    .flatMap((access) => linesOf(access, '', ''))
    .concat(followed);
}

/** What an Event about an object of a kind asks for. */
async function accessOfEvents(kind: Kind): Promise<readonly Access[]> {
  const asked: Access[] = [];
  const request = ({ access }: JsonRequest): Promise<unknown> => {
    asked.push(access);
    return Promise.resolve({});
  };
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const events = new ObjectEvents({ transport: { request }, nodeName: 'worker-1', clock, log });
  await events.post({
    object: { kind, namespace: 'shop', name: 'web' },
    field: 'spec',
    message: 'no object',
  });
  return asked;
}
