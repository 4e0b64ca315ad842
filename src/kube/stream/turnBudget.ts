import type { Clock } from '../../host/clock.ts';

/**
 * Shares the event loop out. Whoever works through a stream asks after each piece whether this turn's time is
 * spent, and then waits for a later turn: the process also answers DNS, which cannot wait for ten thousand objects.
 *
 * One for all streams: libuv may deliver the chunks of several in one turn, and each would use the whole budget.
 */
export class TurnBudget {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  readonly #waiting: (() => void)[] = [];
  #began: number | undefined;

  constructor(clock: Clock, budgetMs = 10) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Whether to await next() before going on. */
  get spent(): boolean {
    return this.#clock.monotonic() - this.#beginning() >= this.#budgetMs;
  }

  /** Resolves in a later turn, in which only one of those who wait goes on. */
  next(): Promise<void> {
    this.#beginning();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #beginning(): number {
    if (this.#began === undefined) {
      this.#began = this.#clock.monotonic();
      // Immediates that are set while immediates run wait until sockets and timers had their turn.
      setImmediate(() => {
        this.#began = undefined;
        const next = this.#waiting.shift();
        if (next === undefined) return;
        this.#beginning();
        next();
      });
    }
    return this.#began;
  }
}
