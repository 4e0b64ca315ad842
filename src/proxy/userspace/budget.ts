/** How many connections the process carries at once: each holds two descriptors, and memory. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';

const TELL_EVERY_MS = 60_000;

export class Budget {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #log: Log;
  #taken = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor({ limit, clock, log }: { limit: number; clock: Clock; log: Log }) {
    this.#limit = limit;
    this.#clock = clock;
    this.#log = log;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False when there are too many already, which is told once a minute. */
  take(name: string): boolean {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return true;
    }
    if (this.#clock.monotonic() - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = this.#clock.monotonic();
      this.#log.warn(
        { service: name, limit: this.#limit },
        `${this.#limit} connections are carried, and no more can be: new ones are refused (--relay-max-connections, or the limit of open files, allows no more)`,
      );
    }
    return false;
  }

  give(): void {
    this.#taken -= 1;
  }
}
