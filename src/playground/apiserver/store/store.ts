/** What etcd is to a real API server: all collections under one counter of revisions. */
import { type KubeObject, nameOf, namespaceOf, withMeta } from '../objects/object.ts';
import { Collection } from './collection.ts';

export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #historySize: number;
  #revision = 1;
  #compacted = 0;

  constructor(historySize: number) {
    this.#historySize = historySize;
  }

  /** Of the last write, of whatever resource. */
  get revision(): number {
    return this.#revision;
  }

  /** By storage name; resources that show the same objects name the same collection. */
  collection(name: string): Collection {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const made = new Collection(this.#historySize);
    made.compact(this.#compacted);
    this.#collections.set(name, made);
    return made;
  }

  /** Creates or replaces, and returns the object with its new resourceVersion. */
  put(storage: string, object: KubeObject): KubeObject {
    const collection = this.collection(storage);
    const previous = collection.get(namespaceOf(object), nameOf(object));
    const revision = ++this.#revision;
    const stored = withMeta(object, { resourceVersion: String(revision) });
    const type = previous === undefined ? 'ADDED' : 'MODIFIED';
    collection.apply({ type, revision, object: stored, previous });
    return stored;
  }

  remove(storage: string, object: KubeObject): KubeObject {
    const revision = ++this.#revision;
    const last = withMeta(object, { resourceVersion: String(revision) });
    this.collection(storage).apply({ type: 'DELETED', revision, object: last, previous: object });
    return last;
  }

  /** Forgets all history, as etcd's compaction does: older resourceVersions are then 410. */
  compact(): void {
    // A write of no object, so that even the newest version a client can hold is too old.
    this.#compacted = ++this.#revision;
    for (const collection of this.#collections.values()) collection.compact(this.#revision);
  }
}
