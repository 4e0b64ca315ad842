import type { Problem } from '../problem.ts';
import type { Kind, ObjectRecord } from '../records.ts';
import type { Watcher } from '../source.ts';
import { isOlder, type ObjectMeta, readMeta } from './objectMeta.ts';

export type Projector = (kind: Kind, object: unknown) => { record: ObjectRecord } | { problem: Problem };

export interface Difference {
  readonly objects: number;
  readonly changed: number;
  readonly removed: number;
}

/** Removed objects whose versions are remembered until the next bookmark. */
const MAX_REMOVED = 1000;

/**
 * Which versions of which objects the watcher has been told, so that whatever the server repeats, sends again after
 * a break or lists anew reaches the watcher only as what is different.
 */
export class Mirror {
  readonly #kind: Kind;
  readonly #watcher: Watcher;
  readonly #project: Projector;
  /** `namespace/name` to the last version seen, told or unreadable. */
  readonly #versions: Map<string, string> = new Map();
  /** Of those, the ones that were never told, because no version of them could be read. */
  readonly #untold: Set<string> = new Set();
  readonly #removed: Map<string, string> = new Map();
  /** During a replacement, what has been seen of it. */
  #seen: Set<string> | undefined;
  /** An object of the replacement could not be named: any that is missing may be it. */
  #nameless = false;
  #changed = 0;

  constructor(kind: Kind, watcher: Watcher, project: Projector) {
    this.#kind = kind;
    this.#watcher = watcher;
    this.#project = project;
  }

  /** What follows, up to endReplacement(), is all that exists. Forgets a replacement that did not get to its end. */
  beginReplacement(): void {
    this.#seen = new Set();
    this.#nameless = false;
    this.#changed = 0;
    this.#removed.clear();
  }

  /** Removes what the replacement did not hold; additions and changes have been told already. */
  endReplacement(): Difference {
    const seen = this.#seen ?? new Set();
    this.#seen = undefined;
    const missing = this.#nameless ? [] : [...this.#versions.keys()].filter((key) => !seen.has(key));
    for (const key of missing) this.#forget(key);
    return { objects: this.#versions.size, changed: this.#changed, removed: missing.length };
  }

  /** Takes an object as it was sent. */
  upsert(object: unknown): void {
    const meta = readMeta(object);
    this.#take(meta, () => this.#project(this.#kind, object));
  }

  /** Takes an object that was too long to be parsed, by as much as its beginning says. */
  oversized(meta: ObjectMeta | undefined, message: string): void {
    const { namespace = '', name = '(unnamed)' } = meta ?? {};
    const object = { kind: this.#kind, namespace, name };
    this.#take(meta, () => ({ problem: { object, field: '', message } }));
  }

  remove(meta: ObjectMeta): void {
    const key = keyOf(meta);
    const known = this.#versions.get(key);
    if (known !== undefined && isOlder(meta.version, known)) return;
    this.#rememberRemoved(key, meta.version);
    this.#seen?.delete(key);
    if (known !== undefined) this.#forget(key);
  }

  /** All changes up to here have been sent: nothing older can come any more. */
  bookmark(): void {
    this.#removed.clear();
  }

  /**
   * A replacement is the truth even where its versions are lower, as after etcd was restored from a backup: only
   * its first word on an object counts so. Other events of an object must be newer than what we know.
   */
  #accept(key: string, version: string): boolean {
    const known = this.#versions.get(key);
    if (this.#seen !== undefined && !this.#seen.has(key)) {
      this.#seen.add(key);
      return known === undefined || known !== version || version === '';
    }
    const last = known ?? this.#removed.get(key);
    if (last === undefined || version === '') return true;
    return known === version ? false : !isOlder(version, last);
  }

  #take(meta: ObjectMeta | undefined, read: () => ReturnType<Projector>): void {
    if (meta === undefined) this.#nameless = true;
    const key = meta === undefined ? '' : keyOf(meta);
    const isNew = !this.#versions.has(key);
    if (meta !== undefined) {
      if (!this.#accept(key, meta.version)) return;
      this.#versions.set(key, meta.version);
    }
    this.#changed += 1;
    const result = read();
    if ('record' in result) {
      this.#untold.delete(key);
      this.#watcher.upsert(result.record);
    } else {
      if (meta !== undefined && isNew) this.#untold.add(key);
      this.#watcher.unreadable(result.problem);
    }
  }

  #forget(key: string): void {
    this.#versions.delete(key);
    if (this.#untold.delete(key)) return;
    const slash = key.indexOf('/');
    this.#watcher.remove({ kind: this.#kind, namespace: key.slice(0, slash), name: key.slice(slash + 1) });
  }

  #rememberRemoved(key: string, version: string): void {
    this.#removed.set(key, version);
    if (this.#removed.size <= MAX_REMOVED) return;
    const [oldest] = this.#removed.keys();
    if (oldest !== undefined) this.#removed.delete(oldest);
  }
}

/** Neither part of a name can hold a slash. */
function keyOf(meta: ObjectMeta): string {
  return `${meta.namespace}/${meta.name}`;
}
