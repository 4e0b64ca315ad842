/** Which endpoint each client had last, for Services with sessionAffinity ClientIP. */

/** Clients remembered for a port; the one that was away longest goes first. Some 10 MB at the most. */
const MOST_CLIENTS = 65_536;

interface Kept {
  readonly endpoint: string;
  /** In milliseconds of the clock given. */
  readonly usedAt: number;
}

export class Affinity {
  readonly #now: () => number;
  /** In order of use. */
  readonly #kept: Map<string, Kept> = new Map();
  /** 0 is none. */
  seconds: number;

  constructor(now: () => number, seconds: number) {
    this.#now = now;
    this.seconds = seconds;
  }

  endpointOf(client: string): string | undefined {
    const kept = this.#kept.get(client);
    if (kept === undefined || this.seconds === 0) return undefined;
    if (this.#now() - kept.usedAt < 1000 * this.seconds) return kept.endpoint;
    this.#kept.delete(client);
    return undefined;
  }

  remember(client: string, endpoint: string): void {
    if (this.seconds === 0) return;
    this.#kept.delete(client);
    this.#kept.set(client, { endpoint, usedAt: this.#now() });
    if (this.#kept.size <= MOST_CLIENTS) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  /** Forgets clients of endpoints that are gone. */
  keep(endpoints: ReadonlySet<string>): void {
    for (const [client, { endpoint }] of this.#kept) if (!endpoints.has(endpoint)) this.#kept.delete(client);
  }
}
