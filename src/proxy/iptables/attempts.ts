/** Families side by side: one that fails is tried again at its own pace, and holds up no other. */
import { errorOf } from '../../errors/caught.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { BackOff } from '../backOff.ts';
import type { FailingFamily } from '../backend.ts';
import type { FamilyReport, FamilyTables } from './family/family.ts';

interface Waiting {
  readonly error: Error;
  /** As `clock.monotonic()` tells it. */
  readonly until: number;
}

export interface Outcomes {
  readonly reports: readonly (FamilyReport & { readonly milliseconds: number })[];
  readonly failing: readonly FailingFamily[];
}

export class Attempts {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting = new Map<FamilyTables, Waiting>();
  readonly #backOffs = new Map<FamilyTables, BackOff>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Runs all in this tick, but for a family that failed and waits; waits for every one, because two syncs of a
   * family must never run at once. Rejects when none succeeds: then whoever asked is the one to wait.
   */
  async run(
    families: readonly FamilyTables[],
    sync: (tables: FamilyTables) => Promise<FamilyReport>,
  ): Promise<Outcomes> {
    const started = this.#clock.monotonic();
    const due = families.filter((tables) => (this.#waiting.get(tables)?.until ?? started) <= started);
    const settled = await Promise.allSettled(
      due.map(async (tables) => {
        const report = await sync(tables);
        return { ...report, milliseconds: this.#clock.monotonic() - started };
      }),
    );
    const reports = settled.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    if (reports.length === 0) {
      this.#waiting.clear();
      throw settled.find((one) => one.status === 'rejected')?.reason ?? new Error('no family is due');
    }
    for (const [i, outcome] of settled.entries()) {
      const tables = due[i];
      if (tables === undefined) continue;
      if (outcome.status === 'fulfilled') this.#succeeded(tables);
      else this.#failed(tables, outcome.reason);
    }
    const now = this.#clock.monotonic();
    return {
      reports,
      failing: [...this.#waiting].map(([{ family }, { error, until }]) => ({
        family,
        error,
        retryMs: Math.max(0, until - now),
      })),
    };
  }

  #succeeded(tables: FamilyTables): void {
    this.#waiting.delete(tables);
    this.#backOffs.delete(tables);
  }

  #failed(tables: FamilyTables, reason: unknown): void {
    const { family } = tables;
    const error = errorOf(reason);
    const backOff = this.#backOffs.get(tables) ?? new BackOff();
    this.#backOffs.set(tables, backOff);
    const retryMs = backOff.failed();
    this.#waiting.set(tables, { error, until: this.#clock.monotonic() + retryMs });
    this.#log.error({ family, retryMs }, `rules of ${family} are not in the kernel yet: ${error.message}`);
  }
}
