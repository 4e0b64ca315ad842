/** What this process knows to be in the kernel, for one family. Hashes, not texts: there are tens of thousands. */
import type { Hook, RootName } from './rules/roots.ts';
import { DispatchTree } from './tree/tree.ts';

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
  /** Hashes of the chains that do not depend on Services, by name. */
  readonly fixed: Map<string, string> = new Map();
  /** The rules that end KUBE-SERVICES. */
  tail: readonly string[] = [];
  /** Whether rules of endpoints carry comments. */
  endpointComments = true;
  #endpoints = 0;
  #rules = 0;

  get endpoints(): number {
    return this.#endpoints;
  }

  /** Rules that Services have, in their own chains and in shared ones; jumps between these are not counted. */
  get rules(): number {
    return this.#rules + Object.values(this.trees).reduce((sum, tree) => sum + tree.size, 0);
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
