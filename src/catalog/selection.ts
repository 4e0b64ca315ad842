/** Which endpoints a Service's port may use on this node. */
import type { Protocol } from '../kube/records.ts';
import type { Family } from '../net/ip.ts';
import { formatSocketAddress } from '../net/socketAddress.ts';
import type { Endpoint, EndpointGroup } from './endpoint.ts';
import type { PortEndpoint } from './portEndpoint.ts';
import { availableIn, type NodeTopology, type TopologyMode, topologyMode } from './topology.ts';

export interface TrafficPolicy {
  /** Some traffic to the port may go to endpoints anywhere. */
  readonly usesCluster: boolean;
  /** Some traffic to the port may only go to endpoints on this node. */
  readonly usesLocal: boolean;
}

export interface Selection {
  readonly cluster: readonly PortEndpoint[];
  readonly local: readonly PortEndpoint[];
  /** Everything that some traffic may be sent to: the union of what is used. */
  readonly reachable: readonly PortEndpoint[];
  /** False: refuse, nobody serves. True with an empty `local`: drop, somebody serves elsewhere. */
  readonly hasAny: boolean;
}

/**
 * Endpoints of one port in one family, each address:port once, in byte order of `text`.
 *
 * While a pod moves between slices both may hold it; the later entry wins unless it says the pod is going.
 */
export function endpointsOfPort(
  groups: readonly EndpointGroup[],
  family: Family,
  portName: string,
  protocol: Protocol,
): PortEndpoint[] {
  const found = new Map<string, PortEndpoint>();
  for (const group of groups) {
    if (group.family !== family) continue;
    for (const { port } of group.ports.filter((p) => p.name === portName && p.protocol === protocol)) {
      for (const endpoint of group.endpoints) {
        const text = formatSocketAddress({ address: endpoint.address, port });
        if (found.has(text) && endpoint.terminating) continue;
        found.set(text, portEndpoint(endpoint, port, text));
      }
    }
  }
  // Not localeCompare: rules list endpoints in this order, and it must be the same on every node.
  return [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/**
 * Traffic policies, topology hints and the fallback to terminating endpoints, as kube-proxy's
 * CategorizeEndpoints applies them. `endpoints` come from `endpointsOfPort`; their order is kept.
 *
 * An endpoint that is not ready, serves, and is not terminating is used by nobody.
 */
export function selectEndpoints(
  endpoints: readonly PortEndpoint[],
  policy: TrafficPolicy,
  node: NodeTopology,
): Selection {
  const mode = policy.usesCluster ? topologyMode(endpoints, node) : '';
  const cluster = policy.usesCluster ? clusterEndpoints(endpoints, mode, node) : [];
  if (!policy.usesLocal) return { cluster, local: [], reachable: cluster, hasAny: cluster.length > 0 };

  const here = endpoints.filter((endpoint) => endpoint.local);
  const localReady = here.filter((endpoint) => endpoint.ready);
  // Hints do not count for Local: what may not leave the node cannot choose a zone.
  const local = localReady.length > 0 ? localReady : here.filter(isServingTerminating);
  const hasAny = endpoints.some((endpoint) => endpoint.ready || isServingTerminating(endpoint));
  return { cluster, local, reachable: union(endpoints, cluster, local), hasAny };
}

/** Ready ones that the hints allow; when none is left, those that are going but still serve, anywhere. */
function clusterEndpoints(
  endpoints: readonly PortEndpoint[],
  mode: TopologyMode,
  node: NodeTopology,
): readonly PortEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready && availableIn(mode, endpoint, node));
  return ready.length > 0 ? ready : endpoints.filter(isServingTerminating);
}

function isServingTerminating(endpoint: PortEndpoint): boolean {
  return endpoint.serving && endpoint.terminating;
}

/** Both lists hold members of `endpoints`, in its order; so does the union. */
function union(
  endpoints: readonly PortEndpoint[],
  cluster: readonly PortEndpoint[],
  local: readonly PortEndpoint[],
): readonly PortEndpoint[] {
  const used = new Set([...cluster, ...local]);
  return endpoints.filter((endpoint) => used.has(endpoint));
}

function portEndpoint(endpoint: Endpoint, port: number, text: string): PortEndpoint {
  const { address, ready, serving, terminating, local, zoneHints, nodeHints } = endpoint;
  return { address, port, text, ready, serving, terminating, local, zoneHints, nodeHints };
}
