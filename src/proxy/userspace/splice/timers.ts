/**
 * Things that are due a fixed while after they began: those of one duration are due in the order in which they began.
 *
 * In lists that run through the things themselves. A Set would leave its outgrown tables in the old generation, each
 * with a pointer to the next and to what was in it, and so let hardly any connection be collected while it is young.
 */

export abstract class Timed {
  /** Milliseconds of the timers' clock. */
  due = 0;
  previous: Timed | undefined;
  next: Timed | undefined;
  abstract expire(): void;
}

class Queue extends Timed {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
    this.previous = this;
    this.next = this;
  }

  override expire(): void {
    // It is the list's beginning and end, and never due.
  }
}

export class Timers {
  readonly #now: () => number;
  readonly #queues: Queue[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Anew, where it was started already. */
  start(timed: Timed, ms: number): void {
    this.stop(timed);
    const queue = this.#queueOf(ms);
    timed.due = this.#now() + ms;
    timed.previous = queue.previous;
    timed.next = queue;
    if (queue.previous !== undefined) queue.previous.next = timed;
    queue.previous = timed;
  }

  stop(timed: Timed): void {
    if (timed.previous !== undefined) timed.previous.next = timed.next;
    if (timed.next !== undefined) timed.next.previous = timed.previous;
    timed.previous = undefined;
    timed.next = undefined;
  }

  /** Milliseconds until the first is due, at most `most`. */
  wait(most: number): number {
    let wait = most;
    for (const { next } of this.#queues) {
      if (next === undefined || next instanceof Queue) continue;
      wait = Math.min(wait, Math.max(0, Math.ceil(next.due - this.#now())));
    }
    return wait;
  }

  run(): void {
    const now = this.#now();
    for (const queue of this.#queues) {
      for (let first = queue.next; first !== undefined && first !== queue; first = queue.next) {
        if (first.due > now) break;
        this.stop(first);
        first.expire();
      }
    }
  }

  #queueOf(ms: number): Queue {
    const found = this.#queues.find((queue) => queue.ms === ms);
    if (found !== undefined) return found;
    const queue = new Queue(ms);
    this.#queues.push(queue);
    return queue;
  }
}
