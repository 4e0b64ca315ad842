/** Settings of routing, already parsed; see docs for what each means to an operator. */
import type { Cidr } from '../net/cidr.ts';
import type { Family } from '../net/ip.ts';

export interface ProxySettings {
  readonly nodeName: string;
  /** Pod ranges, at most one a family: traffic from elsewhere to a clusterIP is masqueraded. */
  readonly clusterCidrs: readonly Cidr[];
  readonly masqueradeAll: boolean;
  /** 0 to 31. */
  readonly masqueradeBit: number;
  /** Empty: NodePorts on all local addresses. */
  readonly nodePortAddresses: readonly Cidr[];
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
