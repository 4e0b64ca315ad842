/** What to forget first: SIEVE (Zhang et al., NSDI 2024), bounded in bytes. */

interface Node<V> {
  readonly key: string;
  readonly value: V;
  readonly bytes: number;
  visited: boolean;
  newer: Node<V> | undefined;
  older: Node<V> | undefined;
}

/**
 * A map that holds at most `maxBytes`. One hand goes from old to new, spares what was read since it last came by,
 * and drops the first that was not: a flood of names asked once pushes itself out, and a hit moves nothing.
 */
export class Sieve<V> {
  readonly #nodes = new Map<string, Node<V>>();
  readonly #left: (value: V, evicted: boolean) => void;
  #maxBytes: number;
  #bytes = 0;
  #newest: Node<V> | undefined;
  #oldest: Node<V> | undefined;
  #hand: Node<V> | undefined;

  /** `left` is told of each value that goes, and whether it had to make room. */
  constructor(maxBytes: number, left: (value: V, evicted: boolean) => void = () => undefined) {
    this.#maxBytes = maxBytes;
    this.#left = left;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Forgets at once what no longer fits. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    while (this.#bytes > maxBytes) this.#evict();
  }

  get(key: string): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    node.visited = true;
    return node.value;
  }

  /** Whether it is kept: a value larger than the whole map is not; what was under its key is gone all the same. */
  set(key: string, value: V, bytes: number): boolean {
    this.delete(key);
    if (bytes > this.#maxBytes) return false;
    while (this.#bytes + bytes > this.#maxBytes) this.#evict();
    const node: Node<V> = { key, value, bytes, visited: false, newer: undefined, older: this.#newest };
    if (this.#newest !== undefined) this.#newest.newer = node;
    this.#newest = node;
    this.#oldest ??= node;
    this.#nodes.set(key, node);
    this.#bytes += bytes;
    return true;
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node !== undefined) this.#unlink(node, false);
  }

  #evict(): void {
    let node = this.#hand ?? this.#oldest;
    // Ends within two rounds: the first round leaves nothing visited.
    while (node?.visited) {
      node.visited = false;
      node = node.newer ?? this.#oldest;
    }
    if (node === undefined) return;
    this.#hand = node;
    this.#unlink(node, true);
  }

  #unlink(node: Node<V>, evicted: boolean): void {
    if (this.#hand === node) this.#hand = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    this.#nodes.delete(node.key);
    this.#bytes -= node.bytes;
    this.#left(node.value, evicted);
  }
}
