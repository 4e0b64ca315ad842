/** The chains that Services share, in one sync: which rules enter and leave them, and in which order. */
import type { Family } from '../../../net/ip.ts';
import type { Dump } from '../kernel/dump.ts';
import type { Part, RestoreSession } from '../kernel/session.ts';
import { type Hook, type Root, type RootName, FILTER_ROOTS, NAT_ROOTS, ROOTS } from '../rules/roots.ts';
import type { Table } from '../rules/rule.ts';
import { chainName, chainTexts } from '../tree/chain.ts';
import type { TreeChains, TreeLine } from '../tree/layout.ts';
import type { Mirror, Tails } from './mirror.ts';

/** Whether the kernel is known to hold a chain just so. */
type InKernel = (table: Table, name: string, rules: readonly string[]) => boolean;

export class Dispatch {
  readonly #mirror: Mirror;
  readonly #session: RestoreSession;
  readonly #family: Family;
  readonly #inKernel: InKernel;
  readonly #add = emptySets();
  readonly #remove = emptySets();

  constructor(mirror: Mirror, session: RestoreSession, family: Family, inKernel: InKernel) {
    this.#mirror = mirror;
    this.#session = session;
    this.#family = family;
    this.#inKernel = inKernel;
  }

  /** Takes a Service's hooks for others; says whether there is any difference. */
  replace(before: readonly Hook[], now: readonly Hook[]): boolean {
    const old = new Set(before.map(idOf));
    const fresh = new Set(now.map(idOf));
    const gone = before.filter((hook) => !fresh.has(idOf(hook)));
    const added = now.filter((hook) => !old.has(idOf(hook)));
    for (const { root, entry } of gone) this.#remove[root].add(entry);
    for (const { root, entry } of added) this.#add[root].add(entry);
    return gone.length + added.length > 0;
  }

  /**
   * Writes what differs from the mirror; gives the chains that nothing jumps to any more.
   *
   * Table filter refuses what table nat did not rewrite, so its rules are harmless while nat has one for the same
   * address, and a packet that meets neither would be lost, and its connection with it. Hence: refusals come
   * before nat's rule goes, and go after nat's rule has come.
   */
  async change(tails: Tails): Promise<Record<'nat' | 'filter', readonly string[]>> {
    const dropped = { nat: new Set<string>(), filter: new Set<string>() };
    const step = async (name: RootName, part: Part, add: Set<string>, remove: Set<string>): Promise<void> => {
      const { write, drop } = this.#mirror.trees[name].change(add, remove);
      const root: Root = ROOTS[name];
      for (const slot of drop) dropped[root.table].add(chainName(root, slot));
      for (const slot of write.keys()) dropped[root.table].delete(chainName(root, slot));
      await this.#write(name, part, write);
    };
    const ended = this.#end(tails);
    const none = new Set<string>();
    for (const name of FILTER_ROOTS) {
      if (ended.has(name)) await this.#write(name, 'before', this.#rootOf(name));
      await step(name, 'before', this.#add[name], none);
    }
    for (const name of NAT_ROOTS) {
      await step(name, 'nat', this.#add[name], this.#remove[name]);
      if (ended.has(name)) await this.#write(name, 'nat', this.#rootOf(name));
    }
    for (const name of FILTER_ROOTS) await step(name, 'after', none, this.#remove[name]);
    return { nat: [...dropped.nat], filter: [...dropped.filter] };
  }

  /** Writes what differs from the dump. The mirror is empty before. */
  async create(tails: Tails, dump: Dump): Promise<void> {
    const chains = new Map<RootName, TreeChains>();
    for (const name of [...NAT_ROOTS, ...FILTER_ROOTS])
      chains.set(name, this.#mirror.trees[name].change(this.#add[name], []).write);
    this.#mirror.tails = tails;
    for (const name of FILTER_ROOTS) this.#extend(name, chains.get(name), dump);
    for (const name of NAT_ROOTS) await this.#write(name, 'nat', chains.get(name));
    for (const name of FILTER_ROOTS) await this.#write(name, 'after', chains.get(name));
  }

  /** Adds refusals to what is there, in whatever order, until nat is written and the chains can be put right. */
  #extend(name: RootName, chains: TreeChains | undefined, dump: Dump): void {
    const { table, chain } = ROOTS[name];
    const root = chains?.get('') ?? [];
    if (!dump.ours.has(`${table} ${chain}`) || this.#inKernel(table, chain, this.#texts(name, '', root)))
      return;
    const entries = [...this.#add[name]].map((entry) => entry.slice(entry.indexOf(' ') + 1));
    for (const rule of [...entries, ...this.#mirror.tails[name]])
      this.#session.line('before', `-A ${chain} ${rule}`);
  }

  /** Roots that end in other rules than before. */
  #end(tails: Tails): ReadonlySet<RootName> {
    const before = this.#mirror.tails;
    this.#mirror.tails = tails;
    const differs = (name: RootName): boolean => tails[name].join('\n') !== before[name].join('\n');
    return new Set([...NAT_ROOTS, ...FILTER_ROOTS].filter(differs));
  }

  #rootOf(name: RootName): TreeChains {
    return new Map([['', this.#mirror.trees[name].root]]);
  }

  async #write(name: RootName, part: Part, chains: TreeChains | undefined): Promise<void> {
    const root: Root = ROOTS[name];
    for (const [slot, lines] of chains ?? []) {
      const texts = this.#texts(name, slot, lines);
      const chain = chainName(root, slot);
      if (!this.#inKernel(root.table, chain, texts)) this.#session.chain(part, chain, texts);
      // Also after one that is as it should be: thousands of chains are to be compared.
      await this.#session.pause();
    }
  }

  #texts(name: RootName, slot: string, lines: readonly TreeLine[]): readonly string[] {
    const texts = chainTexts(ROOTS[name], lines, this.#family);
    return slot === '' ? [...texts, ...this.#mirror.tails[name]] : texts;
  }
}

const idOf = ({ root, entry }: Hook): string => `${root} ${entry}`;

function emptySets(): Readonly<Record<RootName, Set<string>>> {
  const empty = (): Set<string> => new Set();
  return {
    services: empty(),
    nodePorts: empty(),
    refused: empty(),
    refusedExternal: empty(),
    firewall: empty(),
    healthChecks: empty(),
  };
}
