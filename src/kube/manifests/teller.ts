/** Tells a watcher what is different between one reading of the manifests and the next. */
import { isDeepStrictEqual } from 'node:util';
import { describeObject, type Problem } from '../problem.ts';
import type { Kind, ObjectRecord } from '../records.ts';
import type { Watcher } from '../source.ts';
import type { TurnBudget } from '../stream/turnBudget.ts';
import type { Definition } from './merge.ts';

export const KINDS: readonly Kind[] = ['Namespace', 'Node', 'Service', 'EndpointSlice', 'Pod'];

interface Told {
  readonly record: ObjectRecord;
  readonly origin: string;
}

/** What was told of one object: several records when it is an Endpoints object. */
interface State {
  readonly told: readonly Told[];
  /** Why its present definition cannot be read; `told` is then from the one before. */
  readonly problem: Problem | undefined;
}

export class Teller {
  readonly #watcher: Watcher;
  readonly #budget: TurnBudget;
  #states: ReadonlyMap<string, State> = new Map();
  #isSynced = false;

  constructor(watcher: Watcher, budget: TurnBudget) {
    this.#watcher = watcher;
    this.#budget = budget;
  }

  /**
   * In turns of the event loop that are never long: what is told early may be published before the rest, as objects of
   * an API server are. To be awaited before the next.
   */
  async tell(definitions: ReadonlyMap<string, Definition>): Promise<void> {
    const before = this.#states;
    const states = new Map<string, State>();
    for (const [id, definition] of definitions) states.set(id, nextState(before.get(id), definition));
    this.#states = states;

    // By record, not by object: a Namespace that is only lived in may become one that is written.
    const toldBefore = await this.#byRecord(before);
    const toldNow = await this.#byRecord(states);
    for (const [key, { record }] of toldBefore) {
      if (!toldNow.has(key)) this.#watcher.remove(record);
      await this.#pause();
    }
    for (const [id, { told, problem }] of states) {
      const wasUnreadable = before.get(id)?.problem !== undefined && problem === undefined;
      for (const entry of told) {
        const known = toldBefore.get(describeObject(entry.record));
        if (wasUnreadable || !isDeepStrictEqual(known, entry))
          this.#watcher.upsert(entry.record, entry.origin);
      }
      await this.#pause();
    }
    this.#tellProblems(before, states);
    if (!this.#isSynced) for (const kind of KINDS) this.#watcher.synced(kind);
    this.#isSynced = true;
  }

  async #byRecord(states: ReadonlyMap<string, State>): Promise<Map<string, Told>> {
    const entries = new Map<string, Told>();
    for (const { told } of states.values()) {
      for (const entry of told) entries.set(describeObject(entry.record), entry);
      await this.#pause();
    }
    return entries;
  }

  async #pause(): Promise<void> {
    if (this.#budget.spent) await this.#budget.next();
  }

  #tellProblems(before: ReadonlyMap<string, State>, states: ReadonlyMap<string, State>): void {
    for (const [id, { problem }] of states) {
      if (problem === undefined || isDeepStrictEqual(before.get(id)?.problem, problem)) continue;
      if (isKind(problem.object.kind)) this.#watcher.unreadable(problem);
    }
    for (const [id, { problem, told }] of before) {
      if (states.has(id) || problem === undefined || told.length > 0) continue;
      // Nothing was ever told of it but that it is unreadable: that too has to end.
      const { kind, namespace, name } = problem.object;
      if (isKind(kind)) this.#watcher.remove({ kind, namespace, name });
    }
  }
}

function nextState(before: State | undefined, { records, origin, problem }: Definition): State {
  if (problem !== undefined) return { told: before?.told ?? [], problem };
  return { told: records.map((record) => ({ record, origin })), problem };
}

function isKind(text: string): text is Kind {
  return KINDS.some((kind) => kind === text);
}
