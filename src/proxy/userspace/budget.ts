/** How many connections the process carries at once: each holds two descriptors, and memory. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';

const TELL_EVERY_MS = 60_000;

/** For a budget of another thread that is the same. */
export interface SharedBudget {
  readonly limit: number;
  readonly taken: SharedArrayBuffer;
}

export interface BudgetParts {
  readonly limit: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Log, 'warn'>;
  readonly taken?: SharedArrayBuffer;
}

export class Budget {
  readonly #limit: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #log: Pick<Log, 'warn'>;
  readonly #taken: Int32Array<SharedArrayBuffer>;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor({ limit, clock, log, taken = new SharedArrayBuffer(4) }: BudgetParts) {
    this.#limit = limit;
    this.#taken = new Int32Array(taken);
    this.#clock = clock;
    this.#log = log;
  }

  get shared(): SharedBudget {
    return { limit: this.#limit, taken: this.#taken.buffer };
  }

  /** False when there are too many already, which is told once a minute. */
  take(name: string): boolean {
    if (Atomics.add(this.#taken, 0, 1) < this.#limit) return true;
    this.give();
    if (this.#clock.monotonic() - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = this.#clock.monotonic();
      this.#log.warn(
        { service: name, limit: this.#limit },
        `${this.#limit} connections are carried, and no more can be: new ones are refused (--relay-max-connections, or the limit of open files, allows no more)`,
      );
    }
    return false;
  }

  give(count: number = 1): void {
    Atomics.sub(this.#taken, 0, count);
  }
}
