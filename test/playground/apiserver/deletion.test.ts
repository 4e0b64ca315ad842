import { expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import type { JsonObject } from '../../../src/playground/apiserver/objects/json.ts';
import { FakeClock } from '../../fake/clock.ts';

const pod = (spec: JsonObject, status: JsonObject = {}): ApiServer => {
  const api = new ApiServer({ kubelets: true, clock: new FakeClock() });
  api.create('pods', { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
  api.patch('pods', 'default', 'a', { status }, { subresource: 'status' });
  return api;
};
const exists = (api: ApiServer): boolean => api.list('pods').items.length > 0;

test.each<
  [title: string, spec: JsonObject, status: JsonObject, grace: number | undefined, left: string | undefined]
>([
  ['on a node: marked, until its grace ends', { nodeName: 'n1' }, {}, undefined, '2026-01-01T00:00:30Z'],
  [
    'on a node, with a grace of its own',
    { nodeName: 'n1', terminationGracePeriodSeconds: 5 },
    {},
    undefined,
    '2026-01-01T00:00:05Z',
  ],
  ['on a node, with a grace that the client gives', { nodeName: 'n1' }, {}, 1, '2026-01-01T00:00:01Z'],
  ['on a node, by force', { nodeName: 'n1' }, {}, 0, undefined],
  ['on no node', {}, {}, undefined, undefined],
  ['that has ended', { nodeName: 'n1' }, { phase: 'Succeeded' }, undefined, undefined],
])('a deleted Pod %s', (_title, spec, status, grace, left) => {
  const api = pod(spec, status);
  api.delete('pods', 'default', 'a', grace === undefined ? {} : { gracePeriodSeconds: grace });
  expect(exists(api)).toBe(left !== undefined);
  if (left === undefined) return;
  expect(api.get('pods', 'default', 'a').metadata['deletionTimestamp']).toBe(left);
  // The kubelet's word that nothing of it runs any more.
  api.delete('pods', 'default', 'a', { gracePeriodSeconds: 0 });
  expect(exists(api)).toBe(false);
});

test('what an object owns goes with it, unless orphaned', () => {
  const api = new ApiServer();
  for (const propagationPolicy of ['Background', 'Orphan'] as const) {
    const owner = api.create('configmaps', { metadata: { name: 'owner' } });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
    api.create('secrets', { metadata: { name: 'owned', ownerReferences } });
    api.delete('configmaps', 'default', 'owner', { propagationPolicy });
    expect(api.list('secrets').items.length).toBe(propagationPolicy === 'Orphan' ? 1 : 0);
  }
});

test('nothing is created in a namespace that is not there, or is going', () => {
  const api = new ApiServer();
  const object = { metadata: { name: 'a', namespace: 'shop' } };
  expect(() => api.create('configmaps', object)).toThrow('namespaces "shop" not found');
  api.create('namespaces', { metadata: { name: 'shop', finalizers: ['x.io/wait'] } });
  api.delete('namespaces', '', 'shop');
  expect(api.get('namespaces', '', 'shop')['status']).toEqual({ phase: 'Terminating' });
  expect(() => api.create('configmaps', object)).toThrow('because it is being terminated');
});
