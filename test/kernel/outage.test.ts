import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { kubeconfig } from '../../src/playground/folder.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { FAIRLEAD, makeWorld, until } from './agentWorld.ts';
import { fill, wire } from './apiWorld.ts';

const API = { host: '192.0.2.1', port: 6443 };

test('an API server that is away at the start, and later for long, costs nobody a connection or a name', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  await wire(world, API.host);
  const config = join(world.folder, 'kubeconfig');
  writeFileSync(config, kubeconfig(`http://${API.host}:${API.port}`));
  world.run('--kubeconfig', config, ...world.flags);

  // Nothing listens there yet: one line, the reason in /readyz, and not a single denied name.
  await until(async () => (await world.readyz()).includes('ECONNREFUSED'));
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
  expect(await world.readyz()).toContain('readyz check passed');

  // Back, with changes in between and a history that was compacted: the difference is applied, nothing else.
  api.create('services', { ...service('late', '10.96.0.40', 80) });
  api.compact();
  await api.acceptConnections();
  await until(async () => (await world.resolve('late.shop.svc.cluster.local')) === '10.96.0.40');
  expect(await world.fetch()).toBe('web-1 on test');
});

test('a run that is to end does not wait for ever: one line says why, and nothing was touched', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const before = await world.rules('nft');
  const config = join(world.folder, 'kubeconfig');
  writeFileSync(config, kubeconfig('http://127.0.0.1:1'));
  const source = ['--kubeconfig', config, '--source-timeout', '500ms'];
  const { code, stderr } = await world.node.run(FAIRLEAD, 'run', '--once', ...source, ...world.flags);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^fairlead run: given up after 0.5 s \(--source-timeout\): cannot reach .*ECONNREFUSED/m,
  );
  expect(await world.rules('nft')).toBe(before);
});
