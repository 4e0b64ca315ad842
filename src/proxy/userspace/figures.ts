/** Figures of one listener, as they are counted. */
import { exponentialBounds, Histogram } from '../../telemetry/metric.ts';
import type { EndpointFigures, ListenAt, RelayCounts, RelayFigures, RelayTargets } from './relay.ts';

export type Counting = { -readonly [K in keyof RelayCounts]: RelayCounts[K] };
type EndpointCounting = { -readonly [K in keyof EndpointFigures]: EndpointFigures[K] };

/** Nothing was carried yet. */
export function noCounts(): Counting {
  return { open: 0, accepted: 0, retries: 0, failed: 0, refused: 0, bytesIn: 0, bytesOut: 0 };
}

/** 0.5 ms to 8 s: an endpoint in the same node, and one that was as good as not there. */
export const DIAL_BOUNDS: readonly number[] = exponentialBounds(0.0005, 4, 8);

/** What went through one listener; `figures` is a copy that goes on saying what it said. */
export class Tally {
  readonly counts: Counting = noCounts();
  readonly #protocol: ListenAt['protocol'];
  readonly #dials = new Histogram(DIAL_BOUNDS);
  readonly #endpoints: Map<string, EndpointCounting> = new Map();

  constructor(protocol: ListenAt['protocol']) {
    this.#protocol = protocol;
  }

  /** An endpoint took a connection after so long; of a UDP session, it answered first. */
  reached(text: string, seconds: number): void {
    const endpoint = this.#endpoint(text);
    endpoint.connections += 1;
    endpoint.dialSeconds += seconds;
    this.#dials.observe(seconds);
  }

  failed(text: string): void {
    this.#endpoint(text).failures += 1;
  }

  /** Forgets endpoints that left: there is no end to the pods that a Service has had. */
  keep({ endpoints }: RelayTargets): void {
    const texts = new Set(endpoints.map(({ text }) => text));
    for (const text of this.#endpoints.keys()) if (!texts.has(text)) this.#endpoints.delete(text);
  }

  /** They are the reader's: nothing counts in them any more. */
  figures(name: string, suspended: readonly string[]): RelayFigures {
    return {
      ...this.counts,
      name,
      protocol: this.#protocol,
      suspended,
      dials: { bounds: DIAL_BOUNDS, counts: this.#dials.counts.slice(), sum: this.#dials.sum },
      endpoints: [...this.#endpoints.values()].map((endpoint) => ({ ...endpoint })),
    };
  }

  #endpoint(text: string): EndpointCounting {
    const endpoint = this.#endpoints.get(text) ?? { text, connections: 0, failures: 0, dialSeconds: 0 };
    this.#endpoints.set(text, endpoint);
    return endpoint;
  }
}
