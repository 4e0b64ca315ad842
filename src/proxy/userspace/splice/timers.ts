/** Things that are due a fixed while after they began: those of one duration are due in the order in which they began. */

export interface Timed {
  /** Milliseconds of the timers' clock. */
  due: number;
  expire(): void;
}

export class Timers {
  readonly #now: () => number;
  readonly #queues: Map<number, Set<Timed>> = new Map();

  constructor(now: () => number) {
    this.#now = now;
  }

  start(timed: Timed, ms: number): void {
    const queue = this.#queues.get(ms) ?? new Set();
    this.#queues.set(ms, queue);
    timed.due = this.#now() + ms;
    queue.add(timed);
  }

  stop(timed: Timed): void {
    for (const queue of this.#queues.values()) queue.delete(timed);
  }

  /** Milliseconds until the first is due, at most `most`. */
  wait(most: number): number {
    let wait = most;
    for (const queue of this.#queues.values()) {
      for (const { due } of queue) {
        wait = Math.min(wait, Math.max(0, Math.ceil(due - this.#now())));
        break;
      }
    }
    return wait;
  }

  run(): void {
    const now = this.#now();
    for (const [ms, queue] of this.#queues) {
      for (const timed of queue) {
        if (timed.due > now) break;
        queue.delete(timed);
        timed.expire();
      }
      if (queue.size === 0) this.#queues.delete(ms);
    }
  }
}
