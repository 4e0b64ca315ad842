/** What client-go's reflectors use: a restarted API server must not meet every node's agents at one moment. */
const FIRST_MS = 800;
const LONGEST_MS = 30_000;
/** A run of lucky draws must not become a busy loop. */
const SHORTEST_MS = 100;

/** Exponential back-off with full jitter: each wait is drawn from all of 0 to the bound, and the bound doubles. */
export class Backoff {
  readonly #random: () => number;
  #boundMs = FIRST_MS;

  /** `random` draws from 0 up to but not including 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt; at least `atLeastMs`, which a server may have asked for. */
  next(atLeastMs = 0): number {
    const wait = Math.max(SHORTEST_MS, this.#boundMs * this.#random(), atLeastMs);
    this.#boundMs = Math.min(this.#boundMs * 2, LONGEST_MS);
    return wait;
  }

  reset(): void {
    this.#boundMs = FIRST_MS;
  }
}
