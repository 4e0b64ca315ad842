import type { Clock } from '../../../host/clock.ts';

/** Lets one thing through in each span of time, and counts the rest: a client must not be able to fill the log. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #spanMs: number;
  #next = 0;
  #missed = 0;

  constructor(clock: Clock, spanMs: number) {
    this.#clock = clock;
    this.#spanMs = spanMs;
  }

  allows(): boolean {
    const now = this.#clock.monotonic();
    if (now < this.#next) {
      this.#missed++;
      return false;
    }
    this.#next = now + this.#spanMs;
    return true;
  }

  /** How many were held back since the last time; counted anew from here. */
  takeMissed(): number {
    const missed = this.#missed;
    this.#missed = 0;
    return missed;
  }
}
