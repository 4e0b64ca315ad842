/** A Service as routing and names see it: canonical, complete, and only what is usable. */
import type { Protocol } from '../kube/records.ts';

export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name` */
  readonly key: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `clusterIPs[0]` is `None`. Its endpoints are names, never routed. */
  readonly headless: boolean;
  /** Canonical, at most one a family, primary first. Empty when headless, ExternalName, or not allocated yet. */
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  /** Canonical, both families mixed. */
  readonly externalIPs: readonly string[];
  /** Ingress addresses with ipMode VIP or none. */
  readonly loadBalancerVIPs: readonly string[];
  /** Canonical prefixes, both families mixed. */
  readonly loadBalancerSourceRanges: readonly string[];
  /** Lower case, no trailing dot; empty unless the type is ExternalName. */
  readonly externalName: string;
  /** 0 is no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  /** 0 unless the type is LoadBalancer and externalTrafficPolicy is Local. */
  readonly healthCheckNodePort: number;
  /** False when routing is not ours: headless, ExternalName, labelled for another proxy, or without an address. */
  readonly routed: boolean;
  /** How its owner wants it routed, whatever this node's mode is; empty: as the node routes. */
  readonly mode: '' | 'iptables' | 'userspace';
  /** Where it is relayed, endpoints are told the client's address by the PROXY protocol, version 2. */
  readonly proxyProtocol: boolean;
  readonly hasSelector: boolean;
}

export interface ServicePort {
  /** Empty for the single unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 when there is none. */
  readonly nodePort: number;
}
