/** A node with three pods and a client outside, in namespaces, and our rules on it. */
import { type Clock, systemClock } from '../../src/host/clock.ts';
import { type Exec, systemExec } from '../../src/host/exec.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import type { Family } from '../../src/net/ip.ts';
import { inNetns, mustRun, type Netns } from '../../src/playground/network/netns.ts';
import { createIptablesBackend, type IptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { FakeLog } from '../fake/log.ts';
import { cidr, loadedCatalog, NODE, proxySettings } from '../proxy/cluster.ts';
import { endpointRecord, nodeRecord, portRecord, serviceRecord, sliceRecord } from '../support/records.ts';
import { TestNet } from '../support/net.ts';
import { sysctlIn } from './sysctlIn.ts';

export type Variant = 'nft' | 'legacy';
export type Client = 'pod' | 'web-1' | 'outside' | 'blocked' | 'node';

/** Addresses of one family; `n` is the number of a Service. */
export interface Addresses {
  readonly clusterIP: (n: number) => string;
  readonly externalIP: (n: number) => string;
  readonly vip: (n: number) => string;
  readonly node: string;
  readonly loopback: string;
  readonly clients: Readonly<Record<Client, string>>;
}

export const ADDRESSES: Readonly<Record<Family, Addresses>> = {
  IPv4: {
    clusterIP: (n) => `172.30.0.${n}`,
    externalIP: (n) => `198.51.100.${n}`,
    vip: (n) => `192.0.2.${n}`,
    node: '203.0.113.1',
    loopback: '127.0.0.1',
    clients: {
      pod: '10.0.0.2',
      'web-1': '10.0.1.2',
      outside: '203.0.113.2',
      blocked: '203.0.113.130',
      node: '203.0.113.1',
    },
  },
  IPv6: {
    clusterIP: (n) => `fd00:172::${n}`,
    externalIP: (n) => `2001:db8:e::${n}`,
    vip: (n) => `2001:db8:f::${n}`,
    node: '2001:db8:113::1',
    loopback: '::1',
    clients: {
      pod: 'fd00:10::2',
      'web-1': 'fd00:10:1::2',
      outside: '2001:db8:113::2',
      blocked: '2001:db8:113::130',
      node: '2001:db8:113::1',
    },
  },
};

const SERVICES = ['web', 'one', 'none', 'local', 'elsewhere', 'inside', 'nowhere', 'sticky', 'dns'] as const;
export type ServiceName = (typeof SERVICES)[number];

export const numberOf = (name: ServiceName): number => SERVICES.indexOf(name) + 1;
export const nodePortOf = (name: ServiceName): number => 30_000 + numberOf(name);

const FAMILIES = ['IPv4', 'IPv6'] as const;

/** Two endpoints, web-1 and web-2, of which the catalog is told only for some that they are on this node. */
export function objects(): readonly ObjectRecord[] {
  const [here, there] = [{ nodeName: NODE }, { nodeName: 'other' }];
  const endpoints: Readonly<Record<ServiceName, readonly (object | undefined)[]>> = {
    web: [here, here],
    one: [here],
    none: [],
    local: [here, there],
    elsewhere: [there, there],
    inside: [here, there],
    nowhere: [there],
    sticky: [here, here],
    dns: [here, here],
  };
  return SERVICES.flatMap((name) => {
    const n = numberOf(name);
    const protocol = name === 'dns' ? 'UDP' : 'TCP';
    const { IPv4: v4, IPv6: v6 } = ADDRESSES;
    const service = serviceRecord(`shop/${name}`, {
      type: 'LoadBalancer',
      clusterIPs: [v4.clusterIP(n), v6.clusterIP(n)],
      ports: [portRecord({ protocol, nodePort: nodePortOf(name) })],
      externalIPs: [v4.externalIP(n), v6.externalIP(n)],
      ingress: [v4, v6].map((addresses) => ({ ip: addresses.vip(n), ipMode: '' })),
      loadBalancerSourceRanges: name === 'web' ? ['203.0.113.0/25', '2001:db8:113::/121'] : [],
      externalTrafficLocal: name === 'local' || name === 'elsewhere',
      internalTrafficLocal: name === 'inside' || name === 'nowhere',
      affinitySeconds: name === 'sticky' ? 10_800 : 0,
    });
    const slices = FAMILIES.map((family) =>
      sliceRecord(`shop/${name}-${family.toLowerCase()}`, {
        addressType: family,
        ports: [{ name: 'http', protocol, port: 8080 }],
        endpoints: endpoints[name].map((where, i) =>
          endpointRecord(family === 'IPv4' ? `10.0.${i + 1}.2` : `fd00:10:${i + 1}::2`, where),
        ),
      }),
    );
    return [service, ...slices];
  });
}

export interface TestNode {
  readonly net: TestNet;
  readonly exec: Exec;
  readonly clients: Readonly<Record<Client, Netns>>;
  /** A new backend, as a new process would make it. */
  readonly backend: () => Promise<IptablesBackend>;
  readonly catalog: ReturnType<typeof loadedCatalog>;
}

export async function makeNode(variant: Variant, clock: Clock = systemClock): Promise<TestNode> {
  const net = new TestNet();
  const node = await net.namespace('node');
  await net.forward(node);
  // Refusals are ICMP errors: the kernel would hold back those that rows of one client get one after the other.
  const unlimited = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'];
  await mustRun(systemExec, inNetns(node.name, ['sysctl', '-qw', ...unlimited]));
  const pods: Netns[] = [];
  for (const [i, name] of ['pod', 'web-1', 'web-2'].entries()) {
    const pod = await net.namespace(name);
    await net.link(node, [`10.0.${i}.1/24`, `fd00:10:${i}::1/64`], pod, [
      `10.0.${i}.2/24`,
      `fd00:10:${i}::2/64`,
    ]);
    await net.ip(pod, `route add default via 10.0.${i}.1`, `route add default via fd00:10:${i}::1`);
    pods.push(pod);
    if (name !== 'pod') await net.echo(pod, name);
  }
  const outside = await net.namespace('outside');
  const { IPv4, IPv6 } = ADDRESSES;
  await net.link(node, ['203.0.113.1/24', '2001:db8:113::1/64'], outside, [
    `${IPv4.clients.outside}/24`,
    `${IPv4.clients.blocked}/24`,
    `${IPv6.clients.outside}/64`,
    `${IPv6.clients.blocked}/64`,
  ]);
  await net.ip(outside, 'route add default via 203.0.113.1', 'route add default via 2001:db8:113::1');
  // Nobody is at the addresses of Services; a node needs some route to them for its own packets to set out.
  await net.ip(node, 'route add default via 203.0.113.2', 'route add default via 2001:db8:113::2');

  const [pod = node, web = node] = pods;
  const exec: Exec = { run: (argv, options) => systemExec.run(inNetns(node.name, argv), options) };
  const catalog = loadedCatalog([nodeRecord(NODE, { addresses: [IPv4.node, IPv6.node] }), ...objects()]);
  const backend = (): Promise<IptablesBackend> =>
    createIptablesBackend({
      settings: proxySettings({
        clusterCidrs: [cidr('10.0.0.0/16'), cidr('fd00:10::/32')],
        iptablesBackend: variant,
        dnsService: '',
      }),
      exec,
      sysctl: sysctlIn(exec),
      log: new FakeLog(),
      clock,
      localAddresses: () => Promise.resolve([]),
    });
  return { net, exec, clients: { pod, 'web-1': web, outside, blocked: outside, node }, backend, catalog };
}
