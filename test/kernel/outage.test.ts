import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemExec } from '../../src/host/exec.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { kubeconfig } from '../../src/playground/folder.ts';
import { mustRun } from '../../src/playground/network/netns.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

const API = { host: '192.0.2.1', port: 6443 };

/** The API server lives in the sandbox's own namespace, and a wire joins it to the node. */
async function wire(world: World): Promise<void> {
  const ends = ['api-test', 'type', 'veth', 'peer', 'name', 'api', 'netns', world.node.name];
  await mustRun(systemExec, ['ip', 'link', 'add', ...ends]);
  onTestFinished(async () => {
    await systemExec.run(['ip', 'link', 'delete', 'api-test']);
  });
  await mustRun(systemExec, ['ip', 'address', 'add', `${API.host}/24`, 'dev', 'api-test']);
  await mustRun(systemExec, ['ip', 'link', 'set', 'api-test', 'up']);
  await world.net.ip(world.node, 'address add 192.0.2.2/24 dev api', 'link set api up');
}

function fill(api: ApiServer, objects: readonly object[]): void {
  const plurals: Readonly<Record<string, string>> = {
    Namespace: 'namespaces',
    Node: 'nodes',
    Service: 'services',
    EndpointSlice: 'endpointslices',
  };
  for (const object of objects as readonly { readonly kind: string; readonly metadata: { name: string } }[]) {
    if (object.kind === 'Namespace' && object.metadata.name === 'kube-system') continue;
    api.create(plurals[object.kind] ?? '', { ...object });
  }
}

test('an API server that is away at the start, and later for long, costs nobody a connection or a name', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  await wire(world);
  const config = join(world.folder, 'kubeconfig');
  writeFileSync(config, kubeconfig(`http://${API.host}:${API.port}`));
  world.run('--kubeconfig', config, ...world.flags);
  const readyz = async (): Promise<string> =>
    (await world.node.run('curl', '-s', 'http://127.0.0.1:10256/readyz')).stdout;

  // Nothing listens there yet: one line, the reason in /readyz, and not a single denied name.
  await until(async () => (await readyz()).includes('ECONNREFUSED'));
  expect(world.complaints()).toEqual([expect.stringContaining(`cannot reach API server http://${API.host}`)]);

  const api = new ApiServer({ serviceCIDRs: ['10.96.0.0/16'] });
  onTestFinished(() => api.close());
  fill(api, [NODE, ...WEB, ...DNS]);
  await api.listen(API);
  await world.ready();
  expect(await world.fetch()).toBe('web-1 on test');
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');

  // Gone. What was known stays in force, and the agent stays ready: nodes must not fail with their API server.
  await api.refuseConnections();
  await until(async () => (await world.fairlead('status')).stdout.includes('ECONNREFUSED'));
  expect(await world.fetch()).toBe('web-1 on test');
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
  expect(await readyz()).toContain('readyz check passed');

  // Back, with changes in between and a history that was compacted: the difference is applied, nothing else.
  api.create('services', { ...service('late', '10.96.0.40', 80) });
  api.compact();
  await api.acceptConnections();
  await until(async () => (await world.resolve('late.shop.svc.cluster.local')) === '10.96.0.40');
  expect(await world.fetch()).toBe('web-1 on test');
});
