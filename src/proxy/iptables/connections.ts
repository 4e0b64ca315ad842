/** New connections of each Service, as the counters of its rules in the kernel tell them. */
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import type { Owned } from './family/mirror.ts';
import { Breather } from './kernel/breather.ts';
import { type PacketCounts, readPacketCounts } from './kernel/packetCounts.ts';
import type { Tools } from './kernel/tools.ts';

/** What is counted of one family. */
export interface CountedTables {
  readonly tools: Tools;
  /** What each Service has in the kernel; `undefined` while that is not known. */
  readonly owned: ReadonlyMap<string, Owned> | undefined;
}

export interface ConnectionsOptions {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly tables: readonly CountedTables[];
}

/** However often somebody asks: counters are read with all rules, which takes a second in a large cluster. */
const LEAST_MS = 30_000;
/** Reading gets no more of the time than one part in so many. */
const SHARE = 50;
/** Services that are told one by one, those first that were connected to first: a series each is kept for ever. */
const MOST_SERVICES = 1000;

export class Connections {
  readonly #options: ConnectionsOptions;
  /** By `namespace/name`. */
  readonly #services = new Map<string, number>();
  #others = 0;
  #invalid = 0;
  /** The last reading of each of `tables`. */
  readonly #last: PacketCounts[] = [];
  #reading: Promise<void> | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** By `namespace/name`; Services that nobody has connected to are left out. */
  get services(): ReadonlyMap<string, number> {
    return this.#services;
  }

  /** To all Services that are not told one by one. */
  get others(): number {
    return this.#others;
  }

  /** Packets dropped because connection tracking calls them INVALID. */
  get invalid(): number {
    return this.#invalid;
  }

  /** Reads the counters, unless they were read lately; never twice at once. Never rejects. */
  refresh(): Promise<void> {
    const { clock } = this.#options;
    if (this.#reading === undefined && clock.monotonic() < this.#notBefore) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { exec, clock, tables } = this.#options;
    const started = clock.monotonic();
    for (const [i, { tools }] of tables.entries()) {
      const counts = await readPacketCounts(exec, tools);
      if (counts !== undefined) await this.#take(i, counts);
    }
    const now = clock.monotonic();
    this.#notBefore = now + Math.max(LEAST_MS, SHARE * (now - started));
  }

  async #take(i: number, counts: PacketCounts): Promise<void> {
    const owned = this.#options.tables[i]?.owned;
    // A sync is under way: whose chains these are is known after it.
    if (owned === undefined) return;
    const before = this.#last[i] ?? { endpoints: new Map<string, number>(), invalid: 0 };
    this.#last[i] = counts;
    this.#invalid += grown(before.invalid, counts.invalid);
    const breather = new Breather(this.#options.clock);
    for (const [key, { chains }] of owned) {
      let fresh = 0;
      for (const { name } of chains) {
        const now = counts.endpoints.get(name);
        if (now !== undefined) fresh += grown(before.endpoints.get(name) ?? 0, now);
      }
      if (fresh > 0) this.#add(key, fresh);
      if (breather.due) await breather.breathe();
    }
    for (const key of this.#services.keys()) if (this.#isGone(key)) this.#services.delete(key);
  }

  #add(key: string, fresh: number): void {
    const before = this.#services.get(key);
    if (before === undefined && this.#services.size >= MOST_SERVICES) this.#others += fresh;
    else this.#services.set(key, (before ?? 0) + fresh);
  }

  #isGone(key: string): boolean {
    return this.#options.tables.every(({ owned }) => owned !== undefined && !owned.has(key));
  }
}

/** A rule that is written anew counts from zero. */
function grown(before: number, now: number): number {
  return now >= before ? now - before : now;
}
