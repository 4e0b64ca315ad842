/** Which endpoints a Service's port may use on this node. */
import type { Protocol } from '../kube/records.ts';
import type { Family } from '../net/ip.ts';
import type { EndpointGroup } from './endpoint.ts';

/** An endpoint of one Service port: an address with a port. */
export interface PortEndpoint {
  readonly address: string;
  readonly port: number;
  /** `10.0.0.1:80` or `[fd00::1]:80`; identity and sort key. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly local: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

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

export interface NodeTopology {
  readonly name: string;
  readonly zone: string;
}

/** Endpoints of one port in one family, each address:port once, in byte order of `text`. */
export declare function endpointsOfPort(
  groups: readonly EndpointGroup[],
  family: Family,
  portName: string,
  protocol: Protocol,
): PortEndpoint[];

/** Traffic policies, topology hints and the fallback to terminating endpoints, as kube-proxy applies them. */
export declare function selectEndpoints(
  endpoints: readonly PortEndpoint[],
  policy: TrafficPolicy,
  node: NodeTopology,
): Selection;
