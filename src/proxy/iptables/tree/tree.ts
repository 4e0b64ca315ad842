/** The dispatch rules below one root chain, and what must be written when some of them change. */
import { layout, lowerBound, type TreeChains, type TreeLine, tooDeep } from './layout.ts';

export interface TreeChange {
  /** Lines by slot, a slot after all that it jumps to, so the root, if it changes, comes last. */
  readonly write: TreeChains;
  /** Slots whose chains nothing jumps to any more. */
  readonly drop: readonly string[];
}

export class DispatchTree {
  /** Sorted and distinct. */
  #entries: readonly string[] = [];
  /** Levels below each chain that there is. */
  readonly #heights = new Map<string, number>();
  #root: readonly TreeLine[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** Rules in all its chains: the entries, and one jump to each chain but the root. */
  get rules(): number {
    return this.size + Math.max(0, this.#heights.size - 1);
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  has(slot: string): boolean {
    return this.#heights.has(slot);
  }

  /** What the root chain holds. */
  get root(): readonly TreeLine[] {
    return this.#root;
  }

  /** Adds and removes entries; what is in both stays. The first call always writes the root. */
  change(add: Iterable<string>, remove: Iterable<string>): TreeChange {
    const old = this.#entries;
    const { entries, touched } = merge(old, add, remove);
    if (touched.length === 0 && this.#heights.has('')) return { write: new Map(), drop: [] };
    this.#entries = entries;

    const heightOf = (slot: string): number => this.#heights.get(slot) ?? 0;
    const isTouched = (slot: string): boolean =>
      touched[lowerBound(touched, slot)]?.startsWith(slot) === true;
    const now = layout(
      entries,
      (slot, depth) => isTouched(slot) || !this.#heights.has(slot) || tooDeep(depth, heightOf(slot)),
      heightOf,
    );
    const present = slotsIn(now.chains);
    const before = this.#heights.has('')
      ? layout(old, (slot) => isTouched(slot) || !present.has(slot) || now.chains.has(slot), heightOf).chains
      : new Map<string, readonly TreeLine[]>();

    const drop = [...slotsIn(before)].filter((slot) => !present.has(slot));
    for (const slot of drop) this.#heights.delete(slot);
    for (const [slot, height] of now.heights) this.#heights.set(slot, height);
    this.#root = now.chains.get('') ?? this.#root;
    const write: TreeChains = new Map();
    for (const [slot, lines] of now.chains) {
      const was = before.get(slot);
      if (was === undefined || !sameLines(was, lines)) write.set(slot, lines);
    }
    return { write, drop };
  }
}

function slotsIn(chains: TreeChains): Set<string> {
  const slots = new Set(chains.keys());
  for (const lines of chains.values()) {
    for (const line of lines) if (line.kind === 'jump') slots.add(line.slot);
  }
  return slots;
}

function sameLines(a: readonly TreeLine[], b: readonly TreeLine[]): boolean {
  return a.length === b.length && a.every((line, i) => textOf(line) === textOf(b[i]));
}

function textOf(line: TreeLine | undefined): string | undefined {
  return line?.kind === 'jump' ? `${line.slot} ${line.prefix}` : line?.rule;
}

function merge(
  old: readonly string[],
  add: Iterable<string>,
  remove: Iterable<string>,
): { readonly entries: readonly string[]; readonly touched: readonly string[] } {
  const has = (entry: string): boolean => old[lowerBound(old, entry)] === entry;
  const wanted = new Set(add);
  const gone = new Set([...remove].filter((entry) => !wanted.has(entry) && has(entry)));
  const added = [...wanted].filter((entry) => !has(entry)).sort();
  const touched = [...added, ...gone].sort();
  if (touched.length === 0) return { entries: old, touched };
  const entries: string[] = [];
  let next = 0;
  for (const entry of old) {
    for (; next < added.length && (added[next] ?? '') < entry; next++) entries.push(added[next] ?? '');
    if (!gone.has(entry)) entries.push(entry);
  }
  return { entries: [...entries, ...added.slice(next)], touched };
}
