/** How long to wait before what failed is tried again: longer each time. */
const FIRST_MS = 500;
const MOST_MS = 30_000;

export class BackOff {
  #failures = 0;

  /** It failed; gives the milliseconds to wait. */
  failed(): number {
    return Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures++);
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
