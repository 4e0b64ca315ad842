import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { ApiClient } from '../../../src/playground/cluster/apiClient.ts';
import { DnsEndpoints } from '../../../src/playground/cluster/dnsEndpoints.ts';
import { TOPOLOGY } from '../../../src/playground/network/topology.ts';

async function endpoints() {
  const folder = await mkdtemp(join(tmpdir(), 'dns-'));
  const server = new ApiServer();
  await server.listen({ path: join(folder, 'api.sock') });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const alive = new Set<string>();
  const api = new ApiClient(join(folder, 'api.sock'));
  const dns = new DnsEndpoints(api, TOPOLOGY.nodes, ({ name }) => Promise.resolve(alive.has(name)));
  const readiness = (family: 'ipv4' | 'ipv6' = 'ipv4'): unknown => {
    const slice = server.get('endpointslices', 'kube-system', `kube-dns-${family}`) as unknown as {
      endpoints: { addresses: string[]; conditions: { ready: boolean } }[];
    };
    return slice.endpoints.map(({ addresses, conditions }) => [addresses[0], conditions.ready]);
  };
  return { server, alive, dns, readiness };
}

test('both nodes are endpoints from the start, ready or not', async () => {
  const { alive, dns, readiness } = await endpoints();
  expect(await dns.refresh()).toEqual([]);
  expect(readiness()).toEqual([
    ['192.168.100.11', false],
    ['192.168.100.12', false],
  ]);
  alive.add('node-2');
  expect(await dns.refresh()).toEqual(['node-2']);
  expect(readiness()).toEqual([
    ['192.168.100.11', false],
    ['192.168.100.12', true],
  ]);
  expect(readiness('ipv6')).toEqual([
    ['fd00:192:168:100::11', false],
    ['fd00:192:168:100::12', true],
  ]);
  alive.clear();
  await dns.refresh();
  expect(readiness()).toEqual([
    ['192.168.100.11', false],
    ['192.168.100.12', false],
  ]);
});

test('nothing new is not written', async () => {
  const { server, alive, dns } = await endpoints();
  alive.add('node-1');
  await dns.refresh();
  const version = server.resourceVersion;
  await dns.refresh();
  expect(server.resourceVersion).toBe(version);
});
