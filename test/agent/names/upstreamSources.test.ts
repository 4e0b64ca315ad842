import { expect, test } from 'vitest';
import { upstreamSources } from '../../../src/agent/names/upstreamSources.ts';

const CLUSTER = new Map([
  ['dns.infra.svc.cluster.local', ['10.96.0.53']],
  ['new.infra.svc.cluster.local', []],
]);
const sources = upstreamSources(
  () => [],
  (name) => CLUSTER.get(name),
);

test("a name of the cluster is looked up in the cluster, which the node's resolver does not know", async () => {
  expect(await sources.lookUp('dns.infra.svc.cluster.local')).toEqual(['10.96.0.53']);
});

test('one without an address is an error that says so, to be tried again', async () => {
  await expect(sources.lookUp('new.infra.svc.cluster.local')).rejects.toThrow('has no address for it yet');
});

test("any other is left to the node's resolver, to which an address is its own name", async () => {
  expect(await sources.lookUp('192.0.2.7')).toEqual(['192.0.2.7']);
});
