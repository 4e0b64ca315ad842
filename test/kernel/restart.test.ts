/** Connections of both families, one after the other, while agents come and go: none may fail. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DNS, NODE } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until } from './agentWorld.ts';
import { ConnectionLoops } from './connectionLoop.ts';

/** Service `shop/web` in both families, reached by as many addresses as are told. */
function web(addresses: number): readonly object[] {
  const metadata = { name: 'web', namespace: 'shop' };
  const clusterIPs = ['10.96.0.20', 'fd00:96::20'];
  const externalIPs = Array.from({ length: addresses }, (_, n) => [
    `198.51.100.${n + 1}`,
    `2001:db8::${n + 1}`,
  ]).flat();
  const ports = [{ protocol: 'TCP', port: 80, targetPort: 8080 }];
  const slices = [
    ['IPv4', '10.244.1.2'],
    ['IPv6', 'fd00:244:1::2'],
  ].map(([addressType, address]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `web-${addressType?.toLowerCase()}`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType,
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  }));
  const spec = { type: 'ClusterIP', clusterIP: clusterIPs[0], clusterIPs, externalIPs, ports };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec },
    ...slices,
  ];
}

const TREE = /^:KUBE-SVC-TREE-/m;

test.concurrent.each(['nft', 'legacy'])('on %s', async (variant) => {
  await using net = new TestNet();
  const world = await makeWorld(net, variant);
  world.write(NODE, ...web(1), ...DNS);
  const start = (): ReturnType<typeof world.start> => world.start('--cluster-cidr=fd00:244::/32');
  const first = start();
  await world.ready();
  const left = await world.rules(variant);
  const loops = new ConnectionLoops(net, world.client, ['http://10.96.0.20/', 'http://[fd00:96::20]/']);
  await loops.more();

  first.kill('SIGKILL');
  await once(first, 'exit');
  await loops.more();
  const second = start();
  await world.ready();
  await loops.more();
  expect(await world.rules(variant)).toBe(left);

  // Killed while it makes a tree of KUBE-SERVICES, at a moment that no two runs share.
  world.write(NODE, ...web(70), ...DNS);
  await until(async () => TREE.test(await world.rules(variant)));
  second.kill('SIGKILL');
  await once(second, 'exit');
  await loops.more();
  const third = start();
  await world.ready();
  await loops.more();
  world.write(NODE, ...web(1), ...DNS);
  await until(async () => (await world.rules(variant)) === left);
  await loops.more();

  third.kill('SIGTERM');
  expect(await once(third, 'exit')).toEqual([0, null]);
  await loops.more();
  expect(loops.failed).toEqual([]);
});
