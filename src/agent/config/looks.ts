/** Looking at something that changes when it likes: one look at a time, and never at half a file. */
import { type Clock, sleep } from '../../host/clock.ts';

/** An editor writes a file in several steps: what is seen twice, so long apart, is taken for whole. */
const SETTLE_MS = 100;

/** What it is once it stays the same; `first` is what it was just now. */
export async function settled<T>(
  first: T,
  read: () => Promise<T>,
  same: (a: T, b: T) => boolean,
  clock: Clock,
): Promise<T> {
  for (let before = first; ; ) {
    await sleep(clock, SETTLE_MS);
    const now = await read();
    if (same(now, before)) return now;
    before = now;
  }
}

/** One look at a time: what is said during one leads to one more, however often it is said. */
export class Looks {
  readonly #look: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** `look` must not reject. */
  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** Resolves when the look under way is over. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** What is said during a look leads to another. */
  look(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#look().finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.look();
    });
  }

  /** Begins no other. */
  stop(): void {
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped;
  }
}
