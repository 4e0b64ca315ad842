/** As `PortMemory`, for each endpoint of a list. */
import type { EndpointFigures, RelayEndpoint } from '../relay.ts';

/** Numbers of one endpoint. */
const AT = { until: 0, connections: 1, failures: 2, dialSeconds: 3 } as const;
const EACH = 4;

export class EndpointMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Float64Array;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(endpoints: readonly RelayEndpoint[], buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(8 * EACH * endpoints.length);
    this.#values = new Float64Array(this.buffer);
    this.#indexes = new Map(endpoints.map(({ text }, i) => [text, EACH * i]));
  }

  reached(text: string, seconds: number): void {
    const at = this.#indexes.get(text);
    if (at === undefined) return;
    this.#add(at + AT.connections, 1);
    this.#add(at + AT.dialSeconds, seconds);
    this.#values[at + AT.until] = 0;
  }

  /** It is tried last until then, in milliseconds of `uptimeMs`. */
  failed(text: string, until: number): void {
    const at = this.#indexes.get(text);
    if (at === undefined) return;
    this.#add(at + AT.failures, 1);
    this.#values[at + AT.until] = until;
  }

  /** What `before` has of endpoints that are in this list too. */
  take(before: EndpointMemory): void {
    for (const [text, at] of this.#indexes) {
      const from = before.#indexes.get(text);
      if (from !== undefined) this.#values.set(before.#values.subarray(from, from + EACH), at);
    }
  }

  /** Those that are tried last now. */
  suspended(now: number): readonly string[] {
    return [...this.#indexes].filter(([, at]) => this.#value(at + AT.until) > now).map(([text]) => text);
  }

  /** Of those that were ever tried. */
  figures(): readonly EndpointFigures[] {
    const all = [...this.#indexes].map(([text, at]) => ({
      text,
      connections: this.#value(at + AT.connections),
      failures: this.#value(at + AT.failures),
      dialSeconds: this.#value(at + AT.dialSeconds),
    }));
    return all.filter(({ connections, failures }) => connections + failures > 0);
  }

  #value(at: number): number {
    return this.#values[at] ?? 0;
  }

  #add(at: number, count: number): void {
    this.#values[at] = this.#value(at) + count;
  }
}
