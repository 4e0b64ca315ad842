/**
 * The world of the conformance list: one node, its pods, clients outside, endpoints here and elsewhere. Told for
 * IPv4; `twin` gives the same world in IPv6.
 */
import type { EndpointRecord, ObjectRecord } from '../../src/kube/records.ts';
import { canonicalIP, FAMILIES, type Family } from '../../src/net/ip.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { cidr, NODE, proxySettings } from '../proxy/cluster.ts';
import { endpointRecord, nodeRecord, serviceRecord, sliceRecord } from '../support/records.ts';
import type {
  Client,
  Condition,
  Flow,
  FlowGroup,
  FlowPort,
  FlowService,
  FlowSettings,
  Hinted,
} from './flow.ts';

export const ADDRESSES = {
  node: '192.168.0.2',
  node2: '192.168.1.2',
  localhost: '127.0.0.1',
  pod: '10.0.0.2',
  external: '203.0.113.2',
  blocked: '203.0.113.130',
  'local-1': '10.180.0.1',
  'local-2': '10.180.0.2',
  'local-3': '10.180.0.3',
  'remote-1': '10.180.2.1',
  'remote-2': '10.180.2.2',
} as const;

/** Of the node. */
export const ZONE = 'zone-a';

/** By which pods' packets enter the node; endpoints here have links of their own. */
export const POD_BRIDGE = 'cni0';

/** `192.168.0.2` becomes `fd00:192:168::2`, `10.0.0.0/8` becomes `fd00:10::/32`: digits stay readable. */
export function twin(text: string): string {
  const [address = '', bits] = text.split('/');
  const [a, b, c, d] = address.split('.');
  const loopback = a === '127';
  const six = canonicalIP(loopback ? '::1' : `fd00:${a}:${b}:${c}::${d}`) ?? '';
  if (bits === undefined) return six;
  const length = Number(bits);
  return `${six}/${loopback ? 128 : length <= 24 ? 16 + 2 * length : 96 + length}`;
}

export const inFamily = (address: string, family: Family): string =>
  family === 'IPv4' ? address : twin(address);

export const DEFAULT_PORT: FlowPort = { name: 'p80', protocol: 'TCP', port: 80, target: 80 };

export const portsOf = (service: FlowService): readonly FlowPort[] => service.ports ?? [DEFAULT_PORT];

/** Services are numbered through the whole list, so that groups with the same settings can share a world. */
export interface Numbered {
  readonly group: FlowGroup;
  /** Numbers of its Services, by their names. */
  readonly numbers: ReadonlyMap<string, number>;
}

export function number(groups: readonly FlowGroup[]): readonly Numbered[] {
  let next = 1;
  return groups.map((group) => ({
    group,
    numbers: new Map(Object.keys(group.services).map((name) => [name, next++])),
  }));
}

export const clusterIP = (n: number): string => `172.30.1.${n}`;
const nodePort = (n: number, port: number): number => 30_000 + 8 * n + port;
const healthPort = (n: number): number => 32_000 + n;
const OUTSIDE = { externalIP: 1, VIP: 2, 'VIP 2': 3 } as const;
const outsideIP = (way: keyof typeof OUTSIDE, n: number): string => `198.18.${OUTSIDE[way]}.${n}`;

/** All of a group's Services and slices, in both families. */
export function records({ group, numbers }: Numbered): readonly ObjectRecord[] {
  const node = nodeRecord(NODE, {
    addresses: both([ADDRESSES.node]),
    podCIDRs: both(['10.0.0.0/24']),
    zone: ZONE,
  });
  return [
    node,
    ...Object.entries(group.services).flatMap(([name, service]) =>
      recordsOf(`f${numbers.get(name)}/${name}`, service, numbers.get(name) ?? 0),
    ),
  ];
}

function recordsOf(key: string, service: FlowService, n: number): readonly ObjectRecord[] {
  const outside = service.outside ?? [];
  const ports = portsOf(service);
  const vips = (['VIP', 'VIP 2'] as const).filter((way) => outside.includes(way));
  const record = serviceRecord(key, {
    type: vips.length > 0 ? 'LoadBalancer' : outside.includes('nodePort') ? 'NodePort' : 'ClusterIP',
    clusterIPs: both([clusterIP(n)]),
    ports: ports.map(({ name, protocol, port }, i) => ({
      name,
      protocol,
      port,
      nodePort: outside.includes('nodePort') ? nodePort(n, i) : 0,
    })),
    externalIPs: outside.includes('externalIP') ? both([outsideIP('externalIP', n)]) : [],
    ingress: both(vips.map((way) => outsideIP(way, n))).map((ip) => ({ ip, ipMode: '' })),
    // A blank before a range is one that people write.
    loadBalancerSourceRanges: both(service.ranges ?? []).map((range) => ` ${range}`),
    externalTrafficLocal: service.external === 'Local',
    internalTrafficLocal: service.internal === 'Local',
    affinitySeconds: service.affinitySeconds ?? 0,
    healthCheckNodePort: service.healthCheck === true ? healthPort(n) : 0,
  });
  const slices = FAMILIES.map((family) =>
    sliceRecord(`${key}-${family.toLowerCase()}`, {
      addressType: family,
      ports: ports.map(({ name, protocol, target }) => ({ name, protocol, port: target })),
      endpoints: Object.entries(service.endpoints).map(([name, state]) =>
        endpoint(inFamily(addressOfEndpoint(name), family), name, state),
      ),
    }),
  );
  return [record, ...slices];
}

const CONDITIONS: Readonly<Record<Condition, Partial<EndpointRecord>>> = {
  ready: {},
  terminating: { ready: false, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
};

function endpoint(address: string, name: string, state: Condition | Hinted): EndpointRecord {
  const nodeName = name.startsWith('local') ? NODE : 'elsewhere';
  const {
    condition = 'ready',
    zones = [],
    nodes = [],
  } = typeof state === 'string' ? { condition: state } : state;
  return endpointRecord(address, { nodeName, ...CONDITIONS[condition], zoneHints: zones, nodeHints: nodes });
}

export function settingsOf(settings: FlowSettings = {}): ProxySettings {
  return proxySettings({
    dnsService: '',
    masqueradeAll: settings.masqueradeAll ?? false,
    localhostNodePorts: settings.localhostNodePorts ?? true,
    nodePortAddresses: both(settings.nodePortAddresses ?? []).map(cidr),
    detectLocal: detectLocalOf(settings.detectLocal),
    clusterCidrs: settings.detectLocal === false ? [] : both(['10.0.0.0/8']).map(cidr),
  });
}

function detectLocalOf(mode: FlowSettings['detectLocal']): ProxySettings['detectLocal'] {
  switch (mode) {
    case 'BridgeInterface':
      return { mode, bridge: POD_BRIDGE };
    case 'InterfaceNamePrefix':
      return { mode, prefix: POD_BRIDGE.slice(0, 2) };
    case 'NodeCIDR':
      return { mode };
    case false:
    case undefined:
      return { mode: 'ClusterCIDR' };
    default:
      return mode satisfies never;
  }
}

/** This machine's addresses, both families. */
export const LOCAL: readonly string[] = both([ADDRESSES.node, ADDRESSES.node2, ADDRESSES.localhost]);

export function sourceOf(flow: Flow, { numbers }: Numbered, family: Family): string {
  return inFamily(
    flow.from === 'VIP' ? outsideIP('VIP', numbers.get(flow.to) ?? 0) : addressOf(flow.from),
    family,
  );
}

export interface Target {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Port of the endpoints. */
  readonly target: number;
}

export function targetOf(flow: Flow, { group, numbers }: Numbered, family: Family): Target {
  const n = numbers.get(flow.to) ?? 0;
  const service = group.services[flow.to] ?? { endpoints: {} };
  const ports = portsOf(service);
  const index = Math.max(
    0,
    ports.findIndex(({ port, protocol }) => flow.port === `${port}/${protocol.toLowerCase()}`),
  );
  const { port = 80, target = 80, protocol = 'TCP' } = ports[index] ?? {};
  const [asked = port, by = protocol.toLowerCase()] = flow.port?.split('/') ?? [];
  const where = (address: string, to: number): Target => ({
    address: inFamily(address, family),
    port: to,
    protocol: by === 'udp' || by === 'sctp' ? by : 'tcp',
    target,
  });
  switch (flow.by) {
    case 'clusterIP':
      return where(clusterIP(n), Number(asked));
    case 'externalIP':
    case 'VIP':
    case 'VIP 2':
      return where(outsideIP(flow.by, n), Number(asked));
    case 'nodePort':
      return where(flow.from === 'localhost' ? ADDRESSES.localhost : ADDRESSES.node, nodePort(n, index));
    case 'nodePort, second address':
      return where(ADDRESSES.node2, nodePort(n, index));
    case 'healthCheckNodePort':
      return where(ADDRESSES.node, healthPort(n));
    default:
      return flow.by satisfies never;
  }
}

/** No rule of IPv6 is for ::1: the kernel has no route_localnet there. */
export function expectation(flow: Flow, family: Family): string {
  return flow.from === 'localhost' && family === 'IPv6' ? 'unchanged' : flow.expect;
}

/** Rows of a table of tests. */
export function titled<T extends Flow>(flows: readonly T[]): readonly (readonly [string, T])[] {
  return flows.map((flow) => {
    const port = flow.port === undefined ? '' : ` ${flow.port}`;
    return [`${flow.from} to ${flow.to} by ${flow.by}${port}: ${flow.expect}`, flow];
  });
}

/** The name of an endpoint at `10.180.0.1:80` or `[fd00:10:180::1]:80`; the text itself when it is none. */
export function endpointName(text: string, family: Family, target: number): string {
  const found = Object.entries(ADDRESSES).find(([, address]) => {
    const own = inFamily(address, family);
    return text === (family === 'IPv6' ? `[${own}]:${target}` : `${own}:${target}`);
  });
  return found?.[0] ?? text;
}

function addressOf(client: Exclude<Client, 'VIP'>): string {
  return ADDRESSES[client];
}

function addressOfEndpoint(name: string): string {
  const found = Object.entries(ADDRESSES).find(([other]) => other === name);
  if (found === undefined) throw new Error(`${name} is no endpoint`);
  return found[1];
}

function both(texts: readonly string[]): string[] {
  return [...texts, ...texts.map(twin)];
}
