/** Where objects come from, and what they tell. Both sources, the API and files, look like this. */
import type { Problem } from './problem.ts';
import type { Kind, ObjectRecord, ObjectRef } from './records.ts';

/** Consumer of a source. Called synchronously, in order; must not throw. */
export interface Watcher {
  /** A new object, or its next state. `origin` is where it was read, when that is not the API: see Problem. */
  upsert(record: ObjectRecord, origin?: string): void;
  remove(ref: ObjectRef): void;
  /** Everything of this kind that existed when the source was opened has been told. Once a kind. */
  synced(kind: Kind): void;
  /**
   * An object whose shape we cannot read (a list where a text must be). What was last told of it stays in force.
   * Told once for each version of the object.
   */
  unreadable(problem: Problem): void;
  /**
   * What an earlier agent knew has been told again, whole, as the source itself cannot be read yet. At most once;
   * what the source tells later puts it right.
   */
  restored?(): void;
}

export interface Source {
  /** Starts telling; returns at once. A source keeps trying through any failure until it is stopped. */
  start(watcher: Watcher): void;
  stop(): Promise<void>;
  /** For `status`: one line per kind, whether it is synced, since when it is silent, and the last error. */
  state(): readonly SourceState[];
}

export interface SourceState {
  readonly kind: Kind;
  readonly synced: boolean;
  /** What we know to be wrong now; empty when all is well. */
  readonly error: string;
  /** Milliseconds since the last thing was heard, bookmarks included; `undefined` when nothing was. */
  readonly silentMs: number | undefined;
}

/** Which Pods are watched: all, those of this node, or none, as there are many and they change often. */
export type PodScope = 'none' | 'node' | 'all';
