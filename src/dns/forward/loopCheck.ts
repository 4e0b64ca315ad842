/** Finding out whether an upstream server sends our queries back to us. */
import type { Log } from '../../telemetry/log.ts';
import type { ForwardQuery } from '../cache/query.ts';
import type { Upstream } from './upstream.ts';
import { loopQuery } from './probeQuery.ts';
import type { Random } from './upstreamQuery.ts';

/** Asks the upstream server this query, once; true when any reply came. Never rejects. */
export type AskOnce = (upstream: Upstream, query: ForwardQuery) => Promise<boolean>;

/**
 * A node's resolv.conf may name a resolver (systemd-resolved, say) that is itself set to ask the cluster's DNS.
 * Such a pair would pass each query round until it times out. So each server is asked once for a name of our
 * own; if a query for it arrives here, that server is not asked again.
 */
export class LoopCheck {
  readonly #random: Random;
  readonly #ask: AskOnce;
  readonly #log: Log;
  readonly #checked = new Set<Upstream>();
  readonly #waiting = new Map<string, Upstream>();

  constructor(random: Random, ask: AskOnce, log: Log) {
    this.#random = random;
    this.#ask = ask;
    this.#log = log;
  }

  /** Asks each server that was not asked before. The first forwarded query is the time: we surely listen then. */
  async check(upstreams: readonly Upstream[]): Promise<void> {
    const fresh = upstreams.filter((upstream) => !this.#checked.has(upstream));
    await Promise.all(fresh.map((upstream) => this.#checkOne(upstream)));
  }

  /** Whether the query is one of ours come back; its server is marked. */
  recognises(query: ForwardQuery): boolean {
    const upstream = this.#waiting.get(query.key);
    if (upstream === undefined) return false;
    if (!upstream.looping) {
      upstream.looping = true;
      const message = 'upstream DNS server sends our queries back to us: not asking it';
      this.#log.warn({ upstream: upstream.name }, message);
    }
    return true;
  }

  async #checkOne(upstream: Upstream): Promise<void> {
    this.#checked.add(upstream);
    const query = loopQuery(this.#random);
    this.#waiting.set(query.key, upstream);
    await this.#ask(upstream, query);
    this.#waiting.delete(query.key);
  }
}
