/** All objects of one resource, and the recent changes to them. */
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../objects/object.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** After the change; of a DELETED one the last state, with the version of its deletion. */
  readonly object: KubeObject;
  /** Before the change: a watch with a selector must know whether it showed the object. */
  readonly previous: KubeObject | undefined;
}

export type ChangeListener = (change: Change) => void;

export class Collection {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #historySize: number;
  #changes: Change[] = [];
  #compacted = 0;
  #keys: readonly string[] | undefined;

  /** @param historySize how many changes are kept; older ones are forgotten as if compacted. */
  constructor(historySize: number) {
    this.#historySize = historySize;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** In the order of keys. */
  list(): readonly KubeObject[] {
    this.#keys ??= [...this.#objects.keys()].sort();
    return this.#keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** As it was at a revision, by undoing what came later; `undefined` when history does not reach back. */
  listAt(revision: number): readonly KubeObject[] | undefined {
    const later = this.since(revision);
    if (later === undefined) return undefined;
    if (later.length === 0) return this.list();
    const then = new Map(this.#objects);
    for (const change of later.toReversed()) {
      const key = keyOf(namespaceOf(change.object), nameOf(change.object));
      if (change.previous === undefined) then.delete(key);
      else then.set(key, change.previous);
    }
    return [...then.keys()].sort().flatMap((key) => then.get(key) ?? []);
  }

  /** Changes after a revision; `undefined` when some of them are forgotten. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    const first = this.#changes.findLastIndex((change) => change.revision <= revision) + 1;
    return this.#changes.slice(first);
  }

  apply(change: Change): void {
    const key = keyOf(namespaceOf(change.object), nameOf(change.object));
    if (change.type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, change.object);
    if (change.type !== 'MODIFIED') this.#keys = undefined;
    this.#changes.push(change);
    // Cut at twice the size, so that forgetting costs nothing per change.
    if (this.#changes.length > 2 * this.#historySize) this.#forget(this.#changes.length - this.#historySize);
    // A copy: a listener may subscribe another, which has then seen this change in the state.
    for (const listener of Array.from(this.#listeners)) listener(change);
  }

  /** Forgets every change up to a revision. */
  compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, revision);
    this.#changes = this.#changes.filter((change) => change.revision > revision);
  }

  /** Calls back on every later change, synchronously; returns how to stop it. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #forget(count: number): void {
    this.#compacted = this.#changes[count - 1]?.revision ?? this.#compacted;
    this.#changes = this.#changes.slice(count);
  }
}
