import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DNS, NODE, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld } from './agentWorld.ts';

const NODE_LOCAL = '169.254.20.10';
/** The pod that asks: its namespace is known by its address. */
const CLIENT = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client', namespace: 'shop' },
  spec: { nodeName: 'n1', dnsPolicy: 'ClusterFirst' },
  status: { phase: 'Running', podIP: '10.244.2.2', podIPs: [{ ip: '10.244.2.2' }] },
};

test('the node answers on an address of its own, goes through search lists, and tells how', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.write(NODE, ...WEB, ...DNS, CLIENT);
  const probes = ['--dns-health-bind-address=127.0.0.1', '--dns-ready-bind-address=127.0.0.1'];
  const agent = world.start('--dns-search-path=on', `--dns-node-local=${NODE_LOCAL}`, ...probes);
  await world.ready();
  expect(await world.resolve('web.shop.svc.cluster.local', [`@${NODE_LOCAL}`])).toBe('10.96.0.20');
  // The first of the names that a pod of namespace shop asks for when it looks for web.shop.
  const first = 'web.shop.shop.svc.cluster.local';
  expect(await world.resolve(first)).toBe('web.shop.svc.cluster.local.\n10.96.0.20');
  expect(await world.resolve(first, [`@${NODE_LOCAL}`, '+tcp'])).toBe(
    'web.shop.svc.cluster.local.\n10.96.0.20',
  );
  const traced = await world.fairlead('resolve', first, '--trace', '--client', '10.244.2.2');
  expect(traced.stdout).toMatch(/^; answered by the search list of the pod, gone through for it$/m);
  // The node itself is nobody's pod.
  expect((await world.node.run('dig', '+short', '@10.96.0.10', first)).stdout).toBe('');
  for (const url of [':8080/health', ':8080/healthz', ':8181/ready']) {
    expect((await world.node.run('curl', '-s', `http://127.0.0.1${url}`)).stdout).toBe('OK');
  }
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  expect((await world.fairlead('cleanup')).code).toBe(0);
  expect((await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout).not.toContain(NODE_LOCAL);
});
