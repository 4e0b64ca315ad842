/** Looking after servers that failed: asked in the background until they are heard of again. */
import type { Clock } from '../../../host/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Upstream } from './upstream.ts';

/** Asks the server anything; true when any reply came, whatever it says. Never rejects. */
export type Probe = (upstream: Upstream) => Promise<boolean>;

const INTERVAL_MS = 500;

export class HealthCheck {
  readonly #probe: Probe;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #probing = new Set<Upstream>();
  #closed = false;

  constructor(probe: Probe, clock: Clock, log: Log) {
    this.#probe = probe;
    this.#clock = clock;
    this.#log = log;
  }

  /** To be called at each failure; begins to probe when it was one too many. */
  failed(upstream: Upstream, error: string): void {
    if (upstream.healthy || this.#probing.has(upstream)) return;
    this.#probing.add(upstream);
    this.#log.warn({ upstream: upstream.name, error }, 'upstream DNS server does not answer: asking it last');
    this.#schedule(upstream);
  }

  /** No zone asks it any more. */
  forget(upstream: Upstream): void {
    this.#probing.delete(upstream);
  }

  close(): void {
    this.#closed = true;
  }

  #schedule(upstream: Upstream): void {
    this.#clock.after(INTERVAL_MS, () => {
      void this.#round(upstream);
    });
  }

  async #round(upstream: Upstream): Promise<void> {
    if (this.#isOver(upstream)) return;
    // A client's query, sent as a last resort, may have found it alive first.
    const alive = upstream.healthy || (await this.#probe(upstream));
    if (this.#isOver(upstream)) return;
    if (!alive) {
      upstream.probeFailures += 1;
      this.#schedule(upstream);
      return;
    }
    upstream.revive();
    this.#probing.delete(upstream);
    this.#log.info({ upstream: upstream.name }, 'upstream DNS server answers again');
  }

  #isOver(upstream: Upstream): boolean {
    return this.#closed || !this.#probing.has(upstream);
  }
}
