/** What this process knows to be in the kernel, for one family. Hashes, not texts: there are tens of thousands. */
import { FILTER_ROOTS, type Hook, NAT_ROOTS, type RootName, ROOTS } from '../rules/roots.ts';
import type { Table } from '../rules/rule.ts';
import { DispatchTree } from '../tree/tree.ts';

export interface OwnedChain {
  readonly name: string;
  readonly hash: string;
  readonly rules: number;
}

/** What one Service has in the kernel. */
export interface Owned {
  /** In table nat. */
  readonly chains: readonly OwnedChain[];
  readonly hooks: readonly Hook[];
  /** As `countEndpoints` counts. */
  readonly endpoints: number;
}

/** The rules that end the chains which Services share, whatever Services there are. */
export type Tails = Readonly<Record<RootName, readonly string[]>>;

export const NO_TAILS: Tails = {
  services: [],
  nodePorts: [],
  refused: [],
  refusedExternal: [],
  firewall: [],
  healthChecks: [],
};

export class Mirror {
  readonly services: Map<string, Owned> = new Map();
  readonly trees: Readonly<Record<RootName, DispatchTree>> = {
    services: new DispatchTree(),
    nodePorts: new DispatchTree(),
    refused: new DispatchTree(),
    refusedExternal: new DispatchTree(),
    firewall: new DispatchTree(),
    healthChecks: new DispatchTree(),
  };
  /** The chains that do not depend on Services, by name. */
  readonly fixed: Map<string, OwnedChain & { readonly table: Table }> = new Map();
  tails: Tails = NO_TAILS;
  /** Whether rules of endpoints carry comments. */
  endpointComments = true;
  #endpoints = 0;
  #rules = 0;

  get endpoints(): number {
    return this.#endpoints;
  }

  /** Rules in our chains; those of ours in chains of others are not counted. */
  rules(table: Table): number {
    let sum = table === 'nat' ? this.#rules : 0;
    for (const name of [...NAT_ROOTS, ...FILTER_ROOTS]) {
      if (ROOTS[name].table === table) sum += this.trees[name].rules + this.tails[name].length;
    }
    for (const chain of this.fixed.values()) if (chain.table === table) sum += chain.rules;
    return sum;
  }

  set(key: string, owned: Owned | undefined): void {
    const before = this.services.get(key);
    this.#rules += countRules(owned) - countRules(before);
    this.#endpoints += (owned?.endpoints ?? 0) - (before?.endpoints ?? 0);
    if (owned === undefined) this.services.delete(key);
    else this.services.set(key, owned);
  }
}

function countRules(owned: Owned | undefined): number {
  return owned?.chains.reduce((sum, chain) => sum + chain.rules, 0) ?? 0;
}
