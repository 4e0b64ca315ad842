/**
 * The shape of a tree of dispatch rules. A packet walks one chain a level instead of every rule of the cluster.
 *
 * A node of the tree is a slot: a prefix of keys. It is one chain that holds either the entries themselves, when
 * they are few, or one jump for each of the next digits that occur. What a slot's chain holds depends on nothing
 * but the entries below it, so a change is felt on the way from the root to it and nowhere else, and any order of
 * changes ends in the same chains.
 */

/** A chain that holds more entries than this is split; the root holds FLAT_ROOT, to look like kube-proxy's. */
const LEAF = 8;
const FLAT_ROOT = 64;

/**
 * Levels of chains below the root. The nft kernel refuses rule sets in which 16 jumps could follow each other,
 * and five follow a tree: FW, EXT, SVC, SEP, MARK-MASQ.
 */
const DEEPEST = 8;

/** A line of a tree's chain: an entry's rule, or a jump to where all keys with a prefix are. */
export type TreeLine =
  | { readonly kind: 'rule'; readonly rule: string }
  | { readonly kind: 'jump'; readonly prefix: string; readonly slot: string };

/** Lines by slot, a slot after all that it jumps to; the root's slot is empty. */
export type TreeChains = Map<string, readonly TreeLine[]>;

/**
 * Lays out sorted, distinct entries. `wants` says whether a slot's chain is asked for; what lies below one that
 * is not is not looked at, and `heightOf` must know how many levels that is.
 */
export function layout(
  entries: readonly string[],
  wants: (slot: string, depth: number) => boolean,
  heightOf: (slot: string) => number,
): { readonly chains: TreeChains; readonly heights: ReadonlyMap<string, number> } {
  const chains: TreeChains = new Map();
  const heights = new Map<string, number>();

  const visit = (slot: string, from: number, to: number, depth: number): number => {
    if (!wants(slot, depth)) return heightOf(slot);
    const shared = sharedDigits(entries[from] ?? '', entries[to - 1] ?? '');
    const few = to - from <= (depth === 0 ? FLAT_ROOT : LEAF) || entries[from]?.[shared] === ' ';
    const lines: TreeLine[] = [];
    let height = 0;
    if (few || depth === DEEPEST) {
      for (let i = from; i < to; i++) lines.push({ kind: 'rule', rule: ruleOf(entries[i] ?? '') });
      // Never at rest: should the chains above become fewer, this one is to be split after all.
      if (!few) height = Number.POSITIVE_INFINITY;
    } else {
      for (let i = from; i < to; ) {
        const first = entries[i] ?? '';
        const child = first.slice(0, shared + 1);
        const end = lowerBound(entries, `${child}~`, i, to);
        if (end - i === 1) {
          lines.push({ kind: 'rule', rule: ruleOf(first) });
        } else {
          const prefix = first.slice(0, sharedDigits(first, entries[end - 1] ?? ''));
          lines.push({ kind: 'jump', prefix, slot: child });
          height = Math.max(height, 1 + visit(child, i, end, depth + 1));
        }
        i = end;
      }
    }
    heights.set(slot, height);
    chains.set(slot, lines);
    return height;
  };

  visit('', 0, entries.length, 0);
  return { chains, heights };
}

/** Whether a slot with so many levels below it must be laid out anew when its own level changes. */
export function tooDeep(depth: number, height: number): boolean {
  return depth + height > DEEPEST;
}

/** Index of the first of the sorted texts that is not below `text`. */
export function lowerBound(
  texts: readonly string[],
  text: string,
  from = 0,
  to: number = texts.length,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((texts[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sharedDigits(first: string, last: string): number {
  let i = 0;
  while (i < first.length && first[i] === last[i] && first[i] !== ' ') i++;
  return i;
}

function ruleOf(entry: string): string {
  return entry.slice(entry.indexOf(' ') + 1);
}
