/** What one part of the agent has in the tables of iptables, as far as who watches over it must know. */
import type { Family } from '../net/ip.ts';

/** Programs of one family and backend. */
export interface RulePrograms {
  readonly family: Family;
  readonly variant: 'nft' | 'legacy';
  /** `iptables-nft` */
  readonly iptables: string;
  /** `iptables-nft-save` */
  readonly save: string;
}

export interface Holding {
  /** At least one, at most one a family, all of one backend. */
  readonly programs: readonly RulePrograms[];
  /** Whether rules of ours are in this chain, or lead to ours from it; `''` asks for the table as a whole. */
  readonly has: (table: string, chain: string) => boolean;
  /** Whether only our rules belong into this chain. */
  readonly owns: (table: string, chain: string) => boolean;
  readonly lasting: Lasting;
  /** Called with what others did: `rules of nat KUBE-SERVICES (IPv4) were removed`. */
  readonly onForeign: (what: string) => void;
}

/** Rules of ours that stay the same, whatever happens in the cluster. */
export interface Lasting {
  /** Chains that hold them, by table. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Tells them among the lines of `iptables-save`. */
  readonly lines: RegExp;
}

export interface Watch {
  /** Whether nothing escapes it, and nothing that we do ourselves is told. */
  readonly exact: boolean;
  /** Ends the watching. */
  stop(): Promise<void>;
}
