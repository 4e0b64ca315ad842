/**
 * Which endpoint a client is sent to: one after the other over a shuffled list, the one it had before where it has
 * affinity, and those that keep failing last.
 */
import { Affinity } from './affinity.ts';
import type { RelayEndpoint, RelayTargets } from './relay.ts';

/** So many failures in a row, and an endpoint is tried last for a while. One may be chance. */
const FAILURES = 2;
const FIRST_SUSPENSION_MS = 5_000;
const LONGEST_SUSPENSION_MS = 60_000;

interface Trouble {
  failures: number;
  /** In milliseconds of the balancer's clock. */
  until: number;
}

export interface BalancerHost {
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds, never going back. */
  readonly now: () => number;
}

export class Balancer {
  readonly #host: BalancerHost;
  readonly #affinity: Affinity;
  readonly #troubles: Map<string, Trouble> = new Map();
  #endpoints: readonly RelayEndpoint[] = [];
  #index = 0;

  constructor(host: BalancerHost, { endpoints, affinitySeconds }: RelayTargets) {
    this.#host = host;
    this.#affinity = new Affinity(host.now, affinitySeconds);
    this.#take(endpoints);
  }

  retarget({ endpoints, affinitySeconds }: RelayTargets): void {
    this.#affinity.seconds = affinitySeconds;
    const texts = new Set(endpoints.map(({ text }) => text));
    if (texts.size === this.#endpoints.length && this.#endpoints.every(({ text }) => texts.has(text))) return;
    this.#take(endpoints);
    this.#affinity.keep(texts);
    for (const text of this.#troubles.keys()) if (!texts.has(text)) this.#troubles.delete(text);
  }

  has(endpoint: RelayEndpoint): boolean {
    return this.#endpoints.some(({ text }) => text === endpoint.text);
  }

  /** Endpoints in the order in which to try them for a client; each once. */
  *order(client: string): Generator<RelayEndpoint, void> {
    // The list may be replaced while a connection is being made: it goes on with the one that it began with.
    const endpoints = this.#endpoints;
    const start = endpoints.length === 0 ? 0 : this.#index++ % endpoints.length;
    const kept = this.#affinity.endpointOf(client);
    const first = endpoints.find(({ text }) => text === kept && !this.#isSuspended(text));
    if (first !== undefined) yield first;
    const last: RelayEndpoint[] = [];
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[(start + i) % endpoints.length];
      if (endpoint === undefined || endpoint === first) continue;
      if (this.#isSuspended(endpoint.text)) last.push(endpoint);
      else yield endpoint;
    }
    yield* last;
  }

  /** The client is connected to it. */
  reached({ text }: RelayEndpoint, client: string): void {
    this.#troubles.delete(text);
    this.#affinity.remember(client, text);
  }

  failed({ text }: RelayEndpoint): void {
    const trouble = this.#troubles.get(text) ?? { failures: 0, until: 0 };
    trouble.failures += 1;
    if (trouble.failures >= FAILURES) {
      const suspension = FIRST_SUSPENSION_MS * 2 ** (trouble.failures - FAILURES);
      trouble.until = this.#host.now() + Math.min(LONGEST_SUSPENSION_MS, suspension);
    }
    this.#troubles.set(text, trouble);
  }

  get suspended(): readonly string[] {
    return this.#endpoints.map(({ text }) => text).filter((text) => this.#isSuspended(text));
  }

  /** When it is tried in its turn again, in milliseconds of the balancer's clock. */
  suspendedUntil(text: string): number {
    return this.#troubles.get(text)?.until ?? 0;
  }

  #isSuspended(text: string): boolean {
    return this.suspendedUntil(text) > this.#host.now();
  }

  /** Shuffled, or every node's first connection would go to the same endpoint. */
  #take(endpoints: readonly RelayEndpoint[]): void {
    const list = [...endpoints];
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(this.#host.random() * (i + 1));
      const [a, b] = [list[i], list[j]];
      if (a !== undefined && b !== undefined) [list[i], list[j]] = [b, a];
    }
    this.#endpoints = list;
    this.#index = 0;
  }
}
