/** Long work in short turns: the process that renders rules also answers DNS. */
import type { Clock } from '../../../host/clock.ts';

const TURN_MS = 10;

export class Breather {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** True when the turn has taken long enough: then `await breathe()`. Asking first saves a promise a call. */
  get due(): boolean {
    return this.#clock.monotonic() - this.#since >= TURN_MS;
  }

  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#since = this.#clock.monotonic();
  }
}
