/** An agent that starts while the API server is away: it goes on with what its predecessor knew. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemExec } from '../../src/host/exec.ts';
import { stateFolder } from '../../src/host/stateFolder.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { kubeconfig } from '../../src/playground/folder.ts';
import { inNetns, mustRun } from '../../src/playground/network/netns.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';
import { fill, wire } from './apiWorld.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

const API = { host: '198.18.7.1', port: 6443 };
const IN_USE = 'going on with the snapshot';

async function start(net: TestNet) {
  const world = await makeWorld(net, 'nft');
  await wire(world, API.host);
  const config = join(world.folder, 'kubeconfig');
  const server = `http://${API.host}:${API.port}`;
  writeFileSync(config, kubeconfig(server));
  const run = (): ReturnType<typeof world.run> => world.run('--kubeconfig', config, ...world.flags);
  return { world, run, server };
}

async function rcode(world: World, name: string): Promise<string | undefined> {
  const { stdout } = await world.client.run('dig', '+tries=1', '+time=5', '@10.96.0.10', name);
  return /status: (\w+)/.exec(stdout)?.[1];
}

test('killed, and started again without the API server: rules and names are there, and put right by what differs', async () => {
  await using net = new TestNet();
  const { world, run } = await start(net);
  const api = new ApiServer({ serviceCIDRs: ['10.96.0.0/16'] });
  onTestFinished(() => api.close());
  fill(api, [NODE, ...WEB, service('gone', '10.96.0.30', 80), ...DNS]);
  await api.listen(API);
  const first = run();
  await world.ready();
  await until(async () => ((await world.status()).snapshot?.writtenAt ?? '') !== '');
  const before = await world.rules('nft');

  await api.refuseConnections();
  first.kill('SIGKILL');
  await once(first, 'exit');
  // What somebody else removes meanwhile is only back if the agent programs from what it kept.
  await mustRun(systemExec, inNetns(world.node.name, ['iptables-nft', '-t', 'nat', '-F', 'KUBE-SERVICES']));
  expect(await world.fetch()).toBe('');
  const second = run();
  await world.ready();
  expect(world.complaints()).toContainEqual(expect.stringContaining(IN_USE));
  expect(await world.readyz()).toMatch(
    /^\[\+\]source ok: from the snapshot of .*\n\[\+\]rules ok\n\[\+\]dns ok\n/,
  );
  expect((await world.status()).snapshot?.inUse).toMatchObject({ sameBoot: true });
  expect((await world.fairlead('status')).stdout).toMatch(/^snapshot +in use, of \d+ \w+ ago$/m);
  expect(await world.metrics()).toContain('\nfairlead_snapshot_in_use 1\n');
  expect(await world.rules('nft')).toBe(before);
  expect(await world.fetch()).toBe('web-1 on test');
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
  // It may have been made meanwhile.
  expect(await rcode(world, 'late.shop.svc.cluster.local')).toBe('SERVFAIL');
  expect(await rcode(world, 'gone.shop.svc.cluster.local')).toBe('NOERROR');

  // Back, with changes in between that no watch could tell.
  api.create('services', { ...service('late', '10.96.0.40', 80) });
  api.delete('services', 'shop', 'gone');
  await api.acceptConnections();
  await until(async () => (await rcode(world, 'gone.shop.svc.cluster.local')) === 'NXDOMAIN');
  expect(await world.resolve('late.shop.svc.cluster.local')).toBe('10.96.0.40');
  expect(await world.fetch()).toBe('web-1 on test');
  await until(async () => !(await world.rules('nft')).includes('10.96.0.30'));
  expect((await world.status()).snapshot?.inUse).toBeUndefined();
  expect(await world.readyz()).toContain('[+]source ok\n');
  second.kill('SIGTERM');
  expect(await once(second, 'exit')).toEqual([0, null]);
});

test('killed right after a change, long before the next snapshot: a start without the API server takes nothing of it away', async () => {
  await using net = new TestNet();
  const { world, run } = await start(net);
  const api = new ApiServer({ serviceCIDRs: ['10.96.0.0/16'] });
  onTestFinished(() => api.close());
  fill(api, [NODE, ...WEB, service('gone', '10.96.0.30', 80), ...DNS]);
  await api.listen(API);
  const first = run();
  await world.ready();
  await until(async () => ((await world.status()).snapshot?.writtenAt ?? '') !== '');
  api.create('services', { ...service('late', '10.96.0.40', 80) });
  api.delete('services', 'shop', 'gone');
  await until(async () => {
    const rules = await world.rules('nft');
    return rules.includes('10.96.0.40') && !rules.includes('10.96.0.30');
  });
  const before = await world.rules('nft');

  await api.refuseConnections();
  first.kill('SIGKILL');
  await once(first, 'exit');
  run();
  await world.ready();
  expect(world.complaints()).toContainEqual(expect.stringContaining(IN_USE));
  expect(await world.rules('nft')).toBe(before);
  expect(await world.resolve('late.shop.svc.cluster.local')).toBe('10.96.0.40');
  expect(await world.resolve('gone.shop.svc.cluster.local')).toBe('');
});

/** Service `shop/web` with an endpoint on this node and one elsewhere, and the DNS Service. */
const KEPT: readonly ObjectRecord[] = [
  nodeRecord('n1', { addresses: ['10.244.1.1'] }),
  ...['shop', 'kube-system'].map(namespaceRecord),
  serviceRecord('kube-system/kube-dns', {
    clusterIPs: ['10.96.0.10'],
    ports: [portRecord({ name: 'dns', port: 53, protocol: 'UDP' })],
  }),
  serviceRecord('shop/web', { clusterIPs: ['10.96.0.20'] }),
  sliceRecord('shop/web-x', {
    endpoints: [
      endpointRecord('10.244.9.9', { nodeName: 'n1' }),
      endpointRecord('10.244.1.2', { nodeName: 'n2' }),
    ],
  }),
];

test('after a restart of the node its own endpoints are gone; a disk that is full changes nothing else', async () => {
  await using net = new TestNet();
  const { world, run, server } = await start(net);
  const folder = join(world.folder, 'state');
  const head = { cluster: server, node: 'n1', boot: 'an earlier one', writtenAt: Date.now() - 60_000 };
  await writeSnapshot(stateFolder(folder), { head, records: KEPT });
  // No file of that name can be made, by root neither.
  mkdirSync(join(folder, 'catalog.snapshot.new'));
  run();
  await world.ready();
  expect((await world.status()).snapshot?.inUse).toMatchObject({ sameBoot: false });
  const rules = await world.rules('nft');
  expect(rules).toContain('10.244.1.2:8080');
  expect(rules).not.toContain('10.244.9.9');
  expect(await world.fetch()).toBe('web-1 on test');

  const api = new ApiServer({ serviceCIDRs: ['10.96.0.0/16'] });
  onTestFinished(() => api.close());
  fill(api, [NODE, ...WEB, ...DNS]);
  await api.listen(API);
  await until(async () => ((await world.status()).snapshot?.error ?? '') !== '');
  expect(await world.isReady()).toBe(true);
  expect(world.complaints().filter((line) => line.includes('snapshot'))).toEqual([
    expect.stringContaining(IN_USE),
    expect.stringContaining('no snapshot can be kept'),
  ]);
});
