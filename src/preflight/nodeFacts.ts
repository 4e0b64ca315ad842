/** What is to be known of this machine, before Fairlead runs on it. */
import type { Family } from '../net/ip.ts';
import type { Variant } from '../proxy/iptables/kernel/tools.ts';
import type { ListeningSocket } from '../host/listening.ts';
import type { Looked } from './looked.ts';

export interface NodeFacts {
  /** `6.8.0-45-generic` */
  readonly kernel: string;
  readonly iptables: Looked<IptablesFacts>;
  /** What a network namespace of its own refused. */
  readonly refused: Looked<readonly Refused[]>;
  /** Programs that were looked for and are not here. */
  readonly missingPrograms: readonly string[];
  /** Entries of connection tracking that are in use and that there may be. */
  readonly conntrack: Looked<{ readonly count: number; readonly max: number }>;
  /** `ip kube-proxy`, `ip6 kube-proxy`: tables of its nftables mode. */
  readonly nftTables: readonly string[];
  /** What answers on port 10249: `iptables`. */
  readonly proxyMode: Looked<string>;
  readonly links: readonly Link[];
  readonly kubelet: Looked<KubeletFacts>;
  readonly listening: Looked<readonly ListeningSocket[]>;
  /** Else sockets of programs outside of this container have no name. */
  readonly seesAllProcesses: boolean;
  /** Version of a Fairlead that runs here already. */
  readonly agent: Looked<string>;
}

export interface IptablesFacts {
  /** The backend that the agent would use, and why. */
  readonly variant: Variant;
  readonly because: string;
  readonly version: string;
  readonly families: readonly Family[];
  /** Families that cannot be programmed, and why, one line each. */
  readonly leftOut: readonly string[];
  readonly held: readonly HeldRules[];
}

/** What one backend holds of one family. */
export interface HeldRules {
  readonly variant: Variant;
  readonly family: Family;
  readonly rules: number;
  /** Chains `KUBE-SVC-*` and `KUBE-SEP-*`: Services that are routed by kube-proxy's rules, or by ours. */
  readonly serviceChains: number;
  /** KUBE-PROXY-CANARY, which kube-proxy alone makes. */
  readonly canary: boolean;
}

export interface Refused {
  readonly family: Family;
  /** `match "recent"` */
  readonly what: string;
  /** What does not work without; empty: nothing does. */
  readonly lost: string;
  readonly why: string;
}

export interface Link {
  readonly name: string;
  /** Canonical. */
  readonly addresses: readonly string[];
}

export interface KubeletFacts {
  readonly file: string;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
}
