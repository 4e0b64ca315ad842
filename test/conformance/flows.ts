/**
 * What packets to Services meet: one list for the rules as rendered, for the rules as written by the agent, and for
 * the kernel. Its rows are those that kube-proxy's own tests ask of its iptables mode.
 */
import { flow, type FlowGroup, type FlowService, type FlowSettings } from './flow.ts';
import { MASQUERADE } from './masquerade.ts';
import { TERMINATING } from './terminating.ts';
import { TOPOLOGY } from './topology.ts';

const EVERY_WAY = ['externalIP', 'VIP', 'nodePort'] as const;
const TWO = { 'local-1': 'ready', 'remote-1': 'ready' } as const;

const NO_SOCKET = 'the node is not the source of what it sends by way of a load balancer';
const NO_SCTP = 'Node has no SCTP sockets';

const NO_ENDPOINTS: FlowGroup = {
  id: 'F1',
  about: 'without endpoints everything is refused',
  services: { svc: { outside: EVERY_WAY, endpoints: {} } },
  flows: [
    flow('pod', 'svc', 'clusterIP', 'REJECT'),
    flow('external', 'svc', 'externalIP', 'REJECT'),
    flow('pod', 'svc', 'nodePort', 'REJECT'),
    flow('external', 'svc', 'nodePort', 'REJECT'),
    flow('node', 'svc', 'nodePort', 'REJECT'),
    flow('pod', 'svc', 'VIP', 'REJECT'),
    flow('external', 'svc', 'VIP', 'REJECT'),
  ],
};

const CLUSTER_IP: FlowGroup = {
  id: 'F2',
  about: 'clusterIPs',
  services: {
    one: { endpoints: { 'local-1': 'ready' } },
    two: { ports: [{ name: 'https', protocol: 'TCP', port: 443, target: 8443 }], endpoints: TWO },
    dns: {
      ports: [
        { name: 'dns-tcp', protocol: 'TCP', port: 53, target: 5301 },
        { name: 'dns', protocol: 'UDP', port: 53, target: 5302 },
        { name: 'dns-sctp', protocol: 'SCTP', port: 53, target: 5303 },
      ],
      endpoints: { 'remote-1': 'ready' },
    },
  },
  flows: [
    flow('pod', 'one', 'clusterIP', 'local-1'),
    flow('local-1', 'one', 'clusterIP', 'local-1 m'),
    flow('pod', 'two', 'clusterIP', 'local-1 remote-1', '443/tcp'),
    flow('pod', 'dns', 'clusterIP', 'remote-1', '53/tcp'),
    flow('pod', 'dns', 'clusterIP', 'remote-1', '53/udp'),
    { ...flow('pod', 'dns', 'clusterIP', 'remote-1', '53/sctp'), notOnKernel: NO_SCTP },
    flow('pod', 'two', 'clusterIP', 'unchanged', '443/udp'),
    flow('pod', 'one', 'clusterIP', 'unchanged', '443/tcp'),
  ],
};

const LOAD_BALANCER: FlowGroup = {
  id: 'F3',
  about: 'loadBalancerSourceRanges',
  services: {
    svc: {
      outside: ['VIP', 'VIP 2', 'nodePort'],
      ranges: ['192.168.0.0/24', '203.0.113.0/25'],
      endpoints: { 'remote-1': 'ready' },
    },
  },
  flows: [
    flow('pod', 'svc', 'clusterIP', 'remote-1'),
    flow('external', 'svc', 'nodePort', 'remote-1 m'),
    flow('blocked', 'svc', 'nodePort', 'remote-1 m'),
    flow('external', 'svc', 'VIP', 'remote-1 m'),
    flow('external', 'svc', 'VIP 2', 'remote-1 m'),
    flow('blocked', 'svc', 'VIP', 'DROP'),
    flow('blocked', 'svc', 'VIP 2', 'DROP'),
    flow('pod', 'svc', 'VIP', 'DROP'),
    flow('node', 'svc', 'VIP', 'remote-1 m'),
    { ...flow('VIP', 'svc', 'VIP', 'remote-1 m'), notOnKernel: NO_SOCKET },
  ],
};

function nodePorts(
  about: string,
  settings: FlowSettings,
  expect: { readonly localhost: string; readonly second: string },
): FlowGroup {
  return {
    id: 'F4',
    about,
    settings,
    services: { svc: { outside: ['nodePort'], endpoints: { 'remote-1': 'ready' } } },
    flows: [
      flow('pod', 'svc', 'clusterIP', 'remote-1'),
      flow('external', 'svc', 'nodePort', 'remote-1 m'),
      flow('node', 'svc', 'nodePort', 'remote-1 m'),
      flow('localhost', 'svc', 'nodePort', expect.localhost),
      flow('external', 'svc', 'nodePort, second address', expect.second),
    ],
  };
}

const NODE_PORTS: readonly FlowGroup[] = [
  nodePorts('NodePorts on every address', {}, { localhost: 'remote-1 m', second: 'remote-1 m' }),
  nodePorts(
    'NodePorts without those of localhost',
    { localhostNodePorts: false },
    { localhost: 'unchanged', second: 'remote-1 m' },
  ),
  nodePorts(
    'NodePorts on the addresses of one range, and never on localhost',
    { localhostNodePorts: false, nodePortAddresses: ['192.168.0.0/24', '127.0.0.1/32'] },
    { localhost: 'unchanged', second: 'unchanged' },
  ),
  nodePorts(
    'NodePorts on the addresses of two ranges',
    { localhostNodePorts: false, nodePortAddresses: ['192.168.0.0/24', '192.168.1.0/24'] },
    { localhost: 'unchanged', second: 'remote-1 m' },
  ),
];

function healthCheck(about: string, service: Partial<FlowService>, expect: string): FlowGroup {
  return {
    id: 'F5',
    about,
    settings: { nodePortAddresses: ['127.0.0.0/8'] },
    services: { svc: { outside: ['VIP', 'nodePort'], external: 'Local', endpoints: {}, ...service } },
    flows: (['pod', 'external', 'node'] as const).map((from) =>
      flow(from, 'svc', 'healthCheckNodePort', expect),
    ),
  };
}

const HEALTH_CHECKS: readonly FlowGroup[] = [
  healthCheck('a health-check node port, without an endpoint', { healthCheck: true }, 'ACCEPT'),
  healthCheck('no health-check node port', {}, 'unchanged'),
];

const EXTERNAL_POLICY: readonly FlowGroup[] = [
  {
    id: 'F6',
    about: 'externalTrafficPolicy Local',
    services: { svc: { outside: EVERY_WAY, external: 'Local', endpoints: TWO } },
    flows: [
      flow('pod', 'svc', 'clusterIP', 'local-1 remote-1'),
      ...EVERY_WAY.map((by) => flow('pod', 'svc', by, 'local-1 remote-1')),
      ...EVERY_WAY.map((by) => flow('external', 'svc', by, 'local-1')),
    ],
  },
  {
    id: 'F7',
    about: 'externalTrafficPolicy Cluster',
    services: { svc: { outside: EVERY_WAY, endpoints: TWO } },
    flows: [
      flow('pod', 'svc', 'clusterIP', 'local-1 remote-1'),
      ...EVERY_WAY.map((by) => flow('pod', 'svc', by, 'local-1 remote-1 m')),
      ...EVERY_WAY.map((by) => flow('external', 'svc', by, 'local-1 remote-1 m')),
    ],
  },
];

const INTERNAL_POLICY: FlowGroup = {
  id: 'F8',
  about: 'internalTrafficPolicy',
  services: {
    cluster: { endpoints: { ...TWO, 'local-2': 'ready', 'remote-2': 'ready' } },
    'local-one': { internal: 'Local', endpoints: { ...TWO, 'remote-2': 'ready' } },
    'local-many': { internal: 'Local', endpoints: { ...TWO, 'local-2': 'ready', 'remote-2': 'ready' } },
    'local-none': { internal: 'Local', endpoints: { 'remote-1': 'ready', 'remote-2': 'ready' } },
    'cluster-deleted': { endpoints: {} },
    'local-deleted': { internal: 'Local', endpoints: {} },
  },
  flows: [
    flow('pod', 'cluster', 'clusterIP', 'local-1 local-2 remote-1 remote-2'),
    flow('pod', 'local-one', 'clusterIP', 'local-1'),
    flow('pod', 'local-many', 'clusterIP', 'local-1 local-2'),
    flow('pod', 'local-none', 'clusterIP', 'DROP'),
    flow('pod', 'cluster-deleted', 'clusterIP', 'REJECT'),
    flow('pod', 'local-deleted', 'clusterIP', 'REJECT'),
  ],
};

/** kube-proxy's own tests have no such rows. */
const BESIDES: FlowGroup = {
  id: 'B',
  about: 'besides',
  services: {
    one: { outside: ['nodePort'], endpoints: { 'local-1': 'ready' } },
    none: { outside: EVERY_WAY, endpoints: {} },
    elsewhere: {
      outside: EVERY_WAY,
      external: 'Local',
      endpoints: { 'remote-1': 'ready', 'remote-2': 'ready' },
    },
    udp: {
      ports: [{ name: 'dns', protocol: 'UDP', port: 53, target: 5302 }],
      outside: ['nodePort'],
      endpoints: TWO,
    },
  },
  flows: [
    flow('local-1', 'one', 'nodePort', 'local-1 m'),
    flow('node', 'none', 'clusterIP', 'REJECT'),
    flow('pod', 'none', 'externalIP', 'REJECT'),
    flow('external', 'elsewhere', 'VIP', 'DROP'),
    flow('external', 'elsewhere', 'nodePort', 'DROP'),
    flow('pod', 'elsewhere', 'VIP', 'remote-1 remote-2'),
    flow('node', 'elsewhere', 'VIP', 'remote-1 remote-2 m'),
    flow('pod', 'udp', 'clusterIP', 'local-1 remote-1', '53/udp'),
    flow('external', 'udp', 'nodePort', 'local-1 remote-1 m', '53/udp'),
  ],
};

export const FLOW_GROUPS: readonly FlowGroup[] = [
  NO_ENDPOINTS,
  CLUSTER_IP,
  LOAD_BALANCER,
  ...NODE_PORTS,
  ...HEALTH_CHECKS,
  ...EXTERNAL_POLICY,
  INTERNAL_POLICY,
  ...TERMINATING,
  TOPOLOGY,
  ...MASQUERADE,
  BESIDES,
];
