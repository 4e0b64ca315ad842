/** What an earlier agent knew, beside what the source says now: the source is right, as far as it has been read. */
import type { Problem } from '../kube/problem.ts';
import type { Kind, ObjectRecord, ObjectRef } from '../kube/records.ts';
import type { Watcher } from '../kube/source.ts';

/** Without these the catalog is not whole. */
const NEEDED: readonly Kind[] = ['Service', 'EndpointSlice'];

/**
 * Stands between a source and its watcher until each kind has been read once. A record that is recalled is told only
 * where the source has said nothing of its object, and taken back when the source, read whole, did not tell it.
 */
export class Confirmation implements Watcher {
  readonly #watcher: Watcher;
  /** Objects that the source has told or removed, by kind, until the kind is read. */
  readonly #heard = new Map<Kind, Set<string>>();
  /** Objects that were recalled, and that the source has not told yet. */
  readonly #open = new Map<Kind, Map<string, ObjectRef>>();
  readonly #read = new Set<Kind>();
  #takenBack = 0;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** The source has been read as far as routing and names need it. */
  get complete(): boolean {
    return NEEDED.every((kind) => this.#read.has(kind));
  }

  /** Objects that were recalled, and had gone meanwhile. */
  get takenBack(): number {
    return this.#takenBack;
  }

  recall(record: ObjectRecord): void {
    const { kind, namespace, name } = record;
    if (this.#read.has(kind) || this.#heard.get(kind)?.has(keyOf(record)) === true) return;
    const open = this.#open.get(kind) ?? new Map<string, ObjectRef>();
    this.#open.set(kind, open.set(keyOf(record), { kind, namespace, name }));
    this.#watcher.upsert(record);
  }

  /** All that was known has been recalled. */
  recalled(): void {
    if (!this.complete) this.#watcher.restored?.();
  }

  upsert(record: ObjectRecord, origin?: string): void {
    this.#hear(record.kind, record);
    this.#watcher.upsert(record, origin);
  }

  remove(ref: ObjectRef): void {
    this.#hear(ref.kind, ref);
    this.#watcher.remove(ref);
  }

  synced(kind: Kind): void {
    this.#read.add(kind);
    const gone = [...(this.#open.get(kind)?.values() ?? [])];
    this.#takenBack += gone.length;
    for (const ref of gone) this.#watcher.remove(ref);
    this.#open.delete(kind);
    this.#heard.delete(kind);
    this.#watcher.synced(kind);
  }

  /** It exists: what was recalled of it stays in force, as a version that was told would. */
  unreadable(problem: Problem): void {
    const { kind } = problem.object;
    if (isKind(kind)) this.#hear(kind, problem.object);
    this.#watcher.unreadable(problem);
  }

  #hear(kind: Kind, object: Pick<ObjectRef, 'namespace' | 'name'>): void {
    if (this.#read.has(kind)) return;
    const key = keyOf(object);
    this.#open.get(kind)?.delete(key);
    const heard = this.#heard.get(kind) ?? new Set<string>();
    this.#heard.set(kind, heard.add(key));
  }
}

const KINDS: Readonly<Record<Kind, true>> = {
  Service: true,
  EndpointSlice: true,
  Node: true,
  Namespace: true,
  Pod: true,
  ConfigMap: true,
};

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

function keyOf({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
