import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';

const REPEAT_MS = 60_000;

interface Failure {
  readonly line: string;
  readonly since: number;
}

/**
 * Tells the operator that the API cannot be read, why, and when it can be again. All resources share one: a server
 * that is down is one thing to know, not one for each resource and each attempt.
 */
export class LinkReport {
  readonly #clock: Clock;
  readonly #log: Log;
  /** By resource title. */
  readonly #failing: Map<string, Failure> = new Map();
  /** When a line was last logged. Outlives the failure, so that one that comes and goes is still told once a minute. */
  readonly #loggedAt: Map<string, number> = new Map();
  /** Lines that were logged and whose end was not. */
  readonly #announced: Set<string> = new Set();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  failed(title: string, line: string): void {
    const now = this.#clock.monotonic();
    const before = this.#failing.get(title);
    const since = before?.since ?? now;
    this.#failing.set(title, { line, since });
    // Still failing, for another reason: nothing is regained.
    if (before !== undefined && before.line !== line && !this.#hits(before.line)) {
      this.#announced.delete(before.line);
    }
    const last = this.#loggedAt.get(line);
    if (last !== undefined && now - last < REPEAT_MS) return;
    for (const [other, at] of this.#loggedAt) if (now - at >= REPEAT_MS) this.#loggedAt.delete(other);
    this.#loggedAt.set(line, now);
    this.#announced.add(line);
    const seconds = Math.round((now - since) / 1000);
    this.#log.warn({ failingForSeconds: seconds }, `${line}; trying again`);
  }

  recovered(title: string): void {
    const failure = this.#failing.get(title);
    if (failure === undefined) return;
    this.#failing.delete(title);
    if (this.#hits(failure.line) || !this.#announced.delete(failure.line)) return;
    const seconds = Math.round((this.#clock.monotonic() - failure.since) / 1000);
    this.#log.info({ failedForSeconds: seconds }, `regained after ${seconds} s: ${failure.line}`);
  }

  /** What is wrong with a resource now; empty when nothing is. */
  errorOf(title: string): string {
    return this.#failing.get(title)?.line ?? '';
  }

  #hits(line: string): boolean {
    return [...this.#failing.values()].some((failure) => failure.line === line);
  }
}
