/** Settings of routing, already parsed; see docs for what each means to an operator. */
import type { Cidr } from '../net/cidr.ts';
import type { Family } from '../net/ip.ts';

/** How traffic of this node's pods is told from other traffic, which is masqueraded on its way to a clusterIP. */
export type DetectLocal =
  /** By source: in `ProxySettings.clusterCidrs`, or in this Node's `spec.podCIDRs`. */
  | { readonly mode: 'ClusterCIDR' | 'NodeCIDR' }
  /** By the interface that it comes in on. */
  | { readonly mode: 'BridgeInterface'; readonly bridge: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string };

/** `primary`: this Node's first address of each family, whatever it is. */
export type NodePortRanges = 'primary' | readonly Cidr[];

export interface ProxySettings {
  readonly nodeName: string;
  readonly detectLocal: DetectLocal;
  /** Pod ranges, at most one a family. */
  readonly clusterCidrs: readonly Cidr[];
  readonly masqueradeAll: boolean;
  /** 0 to 31. */
  readonly masqueradeBit: number;
  /** Empty: NodePorts on all local addresses. */
  readonly nodePortAddresses: NodePortRanges;
  /** NodePorts on 127.0.0.1 too (IPv4 only). */
  readonly localhostNodePorts: boolean;
  /**
   * `namespace/name` of the DNS Service. This node answers it itself while the agent lives, so its rules are the
   * way out for when the agent is dead, and leave out this node's own endpoint as long as another one exists.
   */
  readonly dnsService: string;
  /** `auto` probes the host; a fixed choice is for tests and odd hosts. */
  readonly iptablesBackend: 'auto' | 'nft' | 'legacy';
  /** `auto` uses each family whose tools work. */
  readonly families: 'auto' | readonly Family[];
}
