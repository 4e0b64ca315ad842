/** Health-check node ports, and the ways to tell pods' traffic, with a running agent and real packets. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { NODE } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

const PORT = 30_100;

function balanced(name: string, clusterIP: string, healthCheckNodePort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort,
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ protocol: 'TCP', port: 80, nodePort: healthCheckNodePort + 1000 }],
    },
  };
}

/** Slice of a Service; each endpoint by its address, and whether it is terminating. */
function slice(service: string, endpoints: Readonly<Record<string, 'ready' | 'terminating'>>): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: Object.entries(endpoints).map(([address, condition]) => ({
      addresses: [address],
      nodeName: 'n1',
      conditions: { ready: condition === 'ready', serving: true, terminating: condition === 'terminating' },
    })),
  };
}

/** What a load balancer outside sees: status and weight; empty where nobody listens. */
async function check(world: World, port = PORT): Promise<string> {
  const format = '%{http_code} %header{x-load-balancing-endpoint-weight}';
  const url = `http://10.244.2.1:${port}/healthz`;
  const { stdout } = await world.client.run('curl', '-sm', '1', '-o', '/dev/null', '-w', format, url);
  return stdout.startsWith('000') ? '' : stdout;
}

test('a load balancer is told how many endpoints are here, while they come and go', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  // A firewall of the node's own, which the rule for the port must be ahead of.
  await world.node.run('iptables-nft', '-A', 'INPUT', '-p', 'tcp', '--dport', '30000:32767', '-j', 'DROP');
  const web = balanced('web', '10.96.0.20', PORT);
  world.write(NODE, web);
  const agent = world.start();
  await until(async () => (await check(world)) === '503 0');

  world.write(NODE, web, slice('web', { '10.244.1.2': 'ready', '10.244.1.3': 'ready' }));
  await until(async () => (await check(world)) === '200 2');
  const { stdout: body } = await world.client.run('curl', '-sm', '2', `http://10.244.2.1:${PORT}/any`);
  expect(body).toBe(
    '{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
  );

  world.write(NODE, web, slice('web', { '10.244.1.2': 'terminating', '10.244.1.3': 'ready' }));
  await until(async () => (await check(world)) === '200 1');
  world.write(NODE, web, slice('web', { '10.244.1.2': 'terminating' }));
  await until(async () => (await check(world)) === '503 0');

  world.write(NODE, balanced('web', '10.96.0.20', 30_200), slice('web', { '10.244.1.2': 'ready' }));
  await until(async () => (await check(world, 30_200)) === '200 1');
  expect(await check(world)).toBe('');

  agent.kill('SIGTERM');
  expect(await once(agent, 'exit')).toEqual([0, null]);
  expect(await check(world, 30_200)).toBe('');
  expect(world.complaints()).toEqual([]);
});

test('a port that another program has is told with its Service, and tried again; others answer', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const squatter = await net.echo(world.node, 'squatter', PORT);
  const objects = [balanced('web', '10.96.0.20', PORT), balanced('db', '10.96.0.30', 30_200)];
  world.write(NODE, ...objects, slice('web', { '10.244.1.2': 'ready' }));
  world.start();
  await until(async () => (await check(world, 30_200)) === '503 0');
  const status = await world.fairlead('status', '-o', 'json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    catalog: {
      problems: [
        expect.stringMatching(/^Service shop\/web: spec\.healthCheckNodePort: .*EADDRINUSE.*:30100$/),
      ],
    },
  });

  squatter.kill('SIGKILL');
  await once(squatter, 'exit');
  world.write(NODE, ...objects, slice('web', { '10.244.1.2': 'ready', '10.244.1.3': 'ready' }));
  await until(async () => (await check(world)) === '200 2');
});

test('limits of connection tracking are set before the rules, which depend on one', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const run = async (...flags: readonly string[]): Promise<readonly string[]> => {
    expect(await once(world.start('--once', ...flags), 'exit')).toEqual([0, null]);
    const names = ['tcp_timeout_established', 'tcp_timeout_close_wait', 'tcp_be_liberal', 'udp_timeout'];
    const { stdout } = await world.node.run(
      'sysctl',
      '-n',
      ...names.map((name) => `net.netfilter.nf_conntrack_${name}`),
    );
    return stdout.trim().split('\n');
  };
  expect(await run('--conntrack-udp-timeout=45s')).toEqual(['86400', '3600', '0', '45']);
  expect(await world.rules('nft')).toContain('--ctstate INVALID -j DROP');
  const given = ['--conntrack-tcp-timeout-established=1h30m', '--conntrack-tcp-be-liberal'];
  expect(await run(...given)).toEqual(['5400', '3600', '1', '45']);
  expect(await world.rules('nft')).not.toContain('INVALID');
  expect(world.complaints()).toEqual([]);
});

/** Through the clusterIP from `client`: the address that the endpoint sees. */
async function seenAs(world: World): Promise<string> {
  const { stdout } = await world.client.run('curl', '-sm', '2', 'http://10.96.0.20/');
  return /asked by ([\d.]+):/.exec(stdout)?.[1] ?? stdout;
}

const [CLIENT, MASQUERADED] = ['10.244.2.2', '10.244.1.1'];

/** By the agent's flags; the conformance list has the packets, on both backends and in both families. */
describe('with iptables-nft', () => {
  const variant = 'nft';
  async function start(net: TestNet): Promise<World> {
    const world = await makeWorld(net, variant);
    world.write(NODE, balanced('web', '10.96.0.20', PORT), slice('web', { '10.244.1.2': 'ready' }));
    return world;
  }

  test('pods are told by how the names of their interfaces start', async () => {
    await using net = new TestNet();
    const world = await start(net);
    const mode = ['--detect-local-mode', 'InterfaceNamePrefix', '--pod-interface-name-prefix'] as const;
    // The first link of the world is that of `web`, the second that of `client`.
    for (const [prefix, address] of [
      ['veth1', CLIENT],
      ['veth0', MASQUERADED],
    ] as const) {
      const agent = world.start(...mode, prefix, '--once');
      expect(await once(agent, 'exit')).toEqual([0, null]);
      expect([prefix, await seenAs(world)]).toEqual([prefix, address]);
    }
  });

  test('pods are told by their bridge', async () => {
    await using net = new TestNet();
    const world = await start(net);
    await net.ip(
      world.node,
      'link add cni0 type bridge',
      'address delete 10.244.2.1/24 dev veth1a',
      'link set veth1a master cni0',
      'address add 10.244.2.1/24 dev cni0',
      'link set cni0 up',
    );
    for (const [bridge, address] of [
      ['cni0', CLIENT],
      ['cni1', MASQUERADED],
    ] as const) {
      const mode = ['--detect-local-mode', 'BridgeInterface', '--pod-bridge-interface'] as const;
      expect(await once(world.start(...mode, bridge, '--once'), 'exit')).toEqual([0, null]);
      expect([bridge, await seenAs(world)]).toEqual([bridge, address]);
    }
  });

  test("pods are told by the Node's ranges, which may change; without the Node nothing is written", async () => {
    await using net = new TestNet();
    const world = await start(net);
    const node = (podCIDR: string): object => ({ ...NODE, spec: { podCIDR, podCIDRs: [podCIDR] } });
    const web = [balanced('web', '10.96.0.20', PORT), slice('web', { '10.244.1.2': 'ready' })];
    world.write(...web);
    world.start('--detect-local-mode', 'NodeCIDR');
    await until(async () => (await world.node.run('cat', world.logFile)).stdout.includes('rules wait'));
    expect(await world.rules(variant)).not.toContain('KUBE-SVC');

    world.write(node('10.244.2.0/24'), ...web);
    await until(async () => (await seenAs(world)) === CLIENT);
    world.write(node('10.244.3.0/24'), ...web);
    await until(async () => (await seenAs(world)) === MASQUERADED);
  });
});
