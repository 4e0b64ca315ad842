/** Which chains we write ourselves, so that the kernel's news of them is not taken for somebody else's doing. */
import type { Clock } from '../../../host/clock.ts';
import type { Family } from '../../../net/ip.ts';
import type { Table } from '../rules/rule.ts';

/**
 * News of a write takes this long to reach us at most, or is looked into: the monitor is a process of its own,
 * and both of us may have to wait for a processor.
 */
const LATE_MS = 300;

export class OwnWrites {
  readonly #clock: Clock;
  /** `FAMILY TABLE CHAIN` of the syncs under way, and of those just ended. */
  readonly #chains = new Set<string>();
  #running = 0;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A sync begins to write. */
  begin(): void {
    if (!this.#recent) this.#chains.clear();
    this.#running++;
  }

  add(family: Family, table: Table, chain: string): void {
    this.#chains.add(`${family} ${table} ${chain}`);
  }

  end(): void {
    this.#running--;
    this.#endedAt = this.#clock.monotonic();
  }

  /** Whether a rule or chain that is gone now was most likely removed by ourselves. */
  explain(family: Family, table: Table, chain: string): boolean {
    return this.#recent && this.#chains.has(`${family} ${table} ${chain}`);
  }

  /** Whether any write is under way, or was a moment ago. */
  get #recent(): boolean {
    return this.#running > 0 || this.#clock.monotonic() - this.#endedAt <= LATE_MS;
  }
}
