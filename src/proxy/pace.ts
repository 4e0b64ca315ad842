/** When the next sync may begin. */
import type { Clock } from '../host/clock.ts';
import { BackOff } from './backOff.ts';

/**
 * From the start of one sync to the start of the next, on average. Long enough that a rolling restart's changes go in
 * by the handful, short enough that nobody waits for it.
 */
const INTERVAL_MS = 100;
/** How far syncs may be ahead of that: after a quiet moment, a handful of changes need not wait for each other. */
const AHEAD_MS = 300;

export class Pace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #backOff = new BackOff();
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Until when the syncs so far would have lasted, had each taken the interval. */
  #spentUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Milliseconds from now; 0 or less is at once. */
  get wait(): number {
    return this.#notBefore - this.#clock.monotonic();
  }

  began(): void {
    this.#spentUntil = Math.max(this.#spentUntil, this.#clock.monotonic()) + INTERVAL_MS;
    this.#notBefore = this.#spentUntil - AHEAD_MS;
  }

  succeeded(): void {
    this.#backOff.succeeded();
  }

  /** Gives the milliseconds until it is tried again: more after each failure in a row. */
  failed(): number {
    const delay = this.#backOff.failed();
    this.#notBefore = this.#clock.monotonic() + delay;
    return delay;
  }
}
