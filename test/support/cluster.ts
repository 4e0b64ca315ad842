/** Clusters of any size, as records: the same size gives the same cluster, every time. */
import type {
  EndpointRecord,
  EndpointSliceRecord,
  NamespaceRecord,
  NodeRecord,
  ObjectRecord,
  ServiceRecord,
} from '../../src/kube/records.ts';
import { serviceRecord } from './records.ts';

export interface ClusterSize {
  readonly services: number;
  readonly endpointsPerService: number;
  readonly namespaces: number;
  readonly nodes: number;
  /** IPv6 as well as IPv4: twice the addresses, and twice the slices. */
  readonly dualStack?: boolean;
}

export interface Cluster {
  readonly services: readonly ServiceRecord[];
  readonly slices: readonly EndpointSliceRecord[];
  readonly nodes: readonly NodeRecord[];
  readonly namespaces: readonly NamespaceRecord[];
  /** All of them, in the order in which a source would tell them. */
  readonly records: readonly ObjectRecord[];
}

/** As the EndpointSlice controller fills them. */
const MAX_ENDPOINTS_PER_SLICE = 100;

/**
 * Service `i` is `svc-<i>` in namespace `ns-<i mod namespaces>`, with the clusterIP 10.96.0.0 + i + 1 and a port
 * `http` 80 that is 8080 on its pods; every tenth also has a NodePort. Endpoints are spread over the nodes
 * `node-0` to `node-<nodes - 1>`, and those over three zones. At most 65,534 Services.
 */
export function makeCluster(size: ClusterSize): Cluster {
  const services = range(size.services).map((i) => makeService(i, size));
  const slices = range(size.services).flatMap((i) => makeSlices(i, size));
  const nodes = range(size.nodes).map((i) => makeNode(i, size.dualStack === true));
  const namespaces = range(size.namespaces).map(
    (i): NamespaceRecord => ({ kind: 'Namespace', namespace: '', name: `ns-${i}` }),
  );
  return { services, slices, nodes, namespaces, records: [...namespaces, ...nodes, ...services, ...slices] };
}

function makeService(i: number, size: ClusterSize): ServiceRecord {
  const nodePort = i % 10 === 9 && i < 27_670 ? 30_000 + Math.floor(i / 10) : 0;
  return serviceRecord(`ns-${i % size.namespaces}/svc-${i}`, {
    type: nodePort === 0 ? 'ClusterIP' : 'NodePort',
    clusterIPs: size.dualStack === true ? [ip4('10.96', i), ip6('fd00:96', i)] : [ip4('10.96', i)],
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort }],
  });
}

function makeSlices(i: number, size: ClusterSize): EndpointSliceRecord[] {
  const families = size.dualStack === true ? (['IPv4', 'IPv6'] as const) : (['IPv4'] as const);
  const parts = Math.ceil(size.endpointsPerService / MAX_ENDPOINTS_PER_SLICE);
  return families.flatMap((family) =>
    range(parts).map((part): EndpointSliceRecord => {
      const first = part * MAX_ENDPOINTS_PER_SLICE;
      const count = Math.min(MAX_ENDPOINTS_PER_SLICE, size.endpointsPerService - first);
      return {
        kind: 'EndpointSlice',
        namespace: `ns-${i % size.namespaces}`,
        name: `svc-${i}-${family.toLowerCase()}-${part}`,
        serviceName: `svc-${i}`,
        addressType: family,
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
        endpoints: range(count).map((k) =>
          makeEndpoint(i * size.endpointsPerService + first + k, family, size),
        ),
        triggeredAt: 0,
        fromEndpoints: false,
      };
    }),
  );
}

function makeEndpoint(n: number, family: 'IPv4' | 'IPv6', size: ClusterSize): EndpointRecord {
  const node = n % size.nodes;
  return {
    address: family === 'IPv4' ? ip4(`10.${128 + (n >>> 16)}`, n & 0xffff, 0) : ip6('fd00:128', n),
    ready: true,
    serving: true,
    terminating: false,
    hostname: '',
    nodeName: `node-${node}`,
    zone: `zone-${node % 3}`,
    zoneHints: [],
    nodeHints: [],
    podName: `pod-${n}`,
  };
}

function makeNode(i: number, dualStack: boolean): NodeRecord {
  return {
    kind: 'Node',
    namespace: '',
    name: `node-${i}`,
    addresses: dualStack ? [ip4('192.168', i), ip6('fd00:192', i)] : [ip4('192.168', i)],
    podCIDRs: [`10.${128 + (i >>> 8)}.${i & 0xff}.0/24`],
    zone: `zone-${i % 3}`,
    leaving: false,
  };
}

function ip4(prefix: string, n: number, offset = 1): string {
  return `${prefix}.${(n + offset) >>> 8}.${(n + offset) & 0xff}`;
}

function ip6(prefix: string, n: number): string {
  const low = ((n + 1) & 0xffff).toString(16);
  const high = (n + 1) >>> 16;
  return high === 0 ? `${prefix}::${low}` : `${prefix}::${high.toString(16)}:${low}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
