import type { Clock } from '../../src/host/clock.ts';

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that moves only when told, and runs what is due in order. */
export class FakeClock implements Clock {
  #now = 0;
  #jumped = 0;
  #order = 0;
  #entries = new Set<Entry>();
  readonly epoch: number = Date.UTC(2026, 0, 1);

  now(): number {
    return this.epoch + this.#now + this.#jumped;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Somebody sets the machine's clock. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  after(ms: number, fn: () => void): { cancel(): void } {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }

  /** Moves on by `ms`, letting promises settle after each timer, so that chained waits run in one call. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#entries].sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined || next.at > end) break;
      this.#entries.delete(next);
      this.#now = next.at;
      next.fn();
      await settle();
    }
    this.#now = end;
  }

  /** Milliseconds until each pending timer, soonest first. */
  pending(): number[] {
    return [...this.#entries].map((entry) => entry.at - this.#now).sort((a, b) => a - b);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
