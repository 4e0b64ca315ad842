/** Gathers what a source tells in quick succession into one publication. */
import type { Clock } from '../host/clock.ts';

/**
 * A rollout changes a Service several times within milliseconds; each publication costs a sync. Shorter than what
 * a person or a readiness probe could notice.
 */
const GATHER_MS = 5;

export class Publisher {
  readonly #clock: Clock;
  readonly #publish: (since: number) => void;
  #waiting = false;

  /** `publish` is given when the first of what it publishes came, as `clock.monotonic()` tells it. */
  constructor(clock: Clock, publish: (since: number) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  /** Something waits to be published. */
  wake(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    const since = this.#clock.monotonic();
    this.#clock.after(GATHER_MS, () => {
      this.#waiting = false;
      this.#publish(since);
    });
  }
}
