/** What a Service means for routing in one family: pure decisions that every mode programs in its own way. */
import type { Protocol } from '../../kube/records.ts';
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { PortEndpoint } from '../../catalog/portEndpoint.ts';
import type { NodeTopology } from '../../catalog/topology.ts';
import type { Service, ServicePort } from '../../catalog/service.ts';
import { contains, parseCidr } from '../../net/cidr.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import { choose } from './choice.ts';

/** This node as plans see it. */
export interface PlanNode extends NodeTopology {
  /** Canonical, primary first, both families. */
  readonly addresses: readonly string[];
  /** Canonical; at most one a family. */
  readonly podCIDRs: readonly string[];
}

/** One Service port in one family. */
export interface PortPlan {
  /** `namespace/name:port`, or `namespace/name` for an unnamed port; names of chains are hashes of it. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  /** 0 when there is none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerVIPs: readonly string[];
  /** Prefixes that may use the load balancer; empty: anybody may. */
  readonly sourceRanges: readonly string[];
  /** A source range holds this node: what it sends to a VIP comes back with the VIP as its source. */
  readonly nodeInSourceRanges: boolean;
  /** 0 when there is none. */
  readonly healthCheckNodePort: number;
  /** 0 is no affinity. */
  readonly affinitySeconds: number;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Reachable by more than its clusterIP. */
  readonly external: boolean;
  /** Endpoints for traffic under policy Cluster, and under policy Local. Empty where no traffic uses the policy. */
  readonly cluster: readonly PortEndpoint[];
  readonly local: readonly PortEndpoint[];
  /** All that some traffic may be sent to. */
  readonly reachable: readonly PortEndpoint[];
  /** How the Service's owner wants it routed; empty: as the node routes. */
  readonly mode: Service['mode'];
  /** Where it is relayed, endpoints are told the client's address. */
  readonly proxyProtocol: boolean;
  /** Somebody serves; if not here, then on another node. */
  readonly hasEndpoints: boolean;
  /** Traffic to the clusterIP has an endpoint to go to. */
  readonly hasInternal: boolean;
  /** Traffic from outside has an endpoint to go to. */
  readonly hasExternal: boolean;
  /** Traffic to the VIPs passes a list of allowed sources first. */
  readonly firewalled: boolean;
}

/** Plans of a Service's ports; none when it is not routed or has no clusterIP of the family. */
export function planService(
  entry: ServiceEntry,
  family: Family,
  node: PlanNode,
  dnsService: string,
): readonly PortPlan[] {
  const { service } = entry;
  const clusterIP = service.clusterIPs.find((address) => familyOf(address) === family);
  if (!service.routed || clusterIP === undefined) return [];
  const shared = sharedOf(service, family, node);
  return service.ports.map((port) => planPort(entry, port, clusterIP, shared, family, node, dnsService));
}

type Shared = Pick<
  PortPlan,
  'externalIPs' | 'loadBalancerVIPs' | 'sourceRanges' | 'nodeInSourceRanges' | 'externalLocal'
>;

function sharedOf(service: Service, family: Family, node: PlanNode): Shared {
  const ours = (address: string): boolean => familyOf(address) === family;
  const sourceRanges = service.loadBalancerSourceRanges.filter(ours);
  const nodeAddress = node.addresses.find(ours);
  return {
    externalIPs: service.externalIPs.filter(ours),
    loadBalancerVIPs: service.loadBalancerVIPs.filter(ours),
    sourceRanges,
    nodeInSourceRanges: nodeAddress !== undefined && sourceRanges.some((range) => holds(range, nodeAddress)),
    externalLocal: service.externalTrafficLocal,
  };
}

function holds(range: string, address: string): boolean {
  const cidr = parseCidr(range);
  return cidr !== undefined && contains(cidr, address);
}

function planPort(
  entry: ServiceEntry,
  port: ServicePort,
  clusterIP: string,
  shared: Shared,
  family: Family,
  node: PlanNode,
  dnsService: string,
): PortPlan {
  const { service } = entry;
  const internalLocal = service.internalTrafficLocal;
  const { externalLocal } = shared;
  const external = port.nodePort !== 0 || shared.loadBalancerVIPs.length > 0 || shared.externalIPs.length > 0;
  const policy = {
    usesCluster: !internalLocal || external,
    usesLocal: internalLocal || (externalLocal && external),
  };
  const { cluster, local, reachable, hasAny } = choose(entry, family, port, policy, node, dnsService);
  return {
    ...shared,
    name: port.name === '' ? service.key : `${service.key}:${port.name}`,
    protocol: port.protocol,
    clusterIP,
    port: port.port,
    nodePort: port.nodePort,
    healthCheckNodePort: service.healthCheckNodePort,
    affinitySeconds: service.affinitySeconds,
    mode: service.mode,
    proxyProtocol: service.proxyProtocol,
    internalLocal,
    external,
    cluster: policy.usesCluster ? cluster : [],
    local: policy.usesLocal ? local : [],
    reachable,
    hasEndpoints: hasAny,
    hasInternal: hasAny && !(internalLocal && local.length === 0),
    hasExternal: hasAny && !(externalLocal && local.length === 0),
    firewalled: hasAny && shared.loadBalancerVIPs.length > 0 && shared.sourceRanges.length > 0,
  };
}
