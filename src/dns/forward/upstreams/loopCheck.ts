/** Finding out whether an upstream server sends our queries back to the cluster's DNS. */
import type { Clock } from '../../../host/clock.ts';
import type { ForwardQuery } from '../../cache/query.ts';
import type { Random } from '../transport/upstreamQuery.ts';
import { isLoopQuery, isLoopReply, loopQuery, loopReply } from './probeQuery.ts';
import type { Upstream } from './upstream.ts';

/** Asks the upstream server this query, once, and gives the reply. Never rejects. */
export type AskOnce = (upstream: Upstream, query: ForwardQuery) => Promise<Uint8Array | undefined>;

const AGAIN_MS = 60_000;

/**
 * A node's resolv.conf may name a resolver (systemd-resolved, say) that is itself set to ask the cluster's DNS.
 * Such a pair would pass each query round until it times out. So each server is asked once for a name of our
 * own; if the query comes back here, or reaches the agent of another node, that server is not asked until it has
 * changed its ways.
 */
export class LoopCheck {
  readonly #random: Random;
  readonly #ask: AskOnce;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #checked = new WeakSet<Upstream>();
  readonly #waiting = new Map<string, { readonly upstream: Upstream; returned: boolean }>();
  readonly #suspects = new Set<Upstream>();

  /** `changed` is told when a server begins, or ceases, to be one that leads back. */
  constructor(random: Random, ask: AskOnce, clock: Clock, changed: () => void) {
    this.#random = random;
    this.#ask = ask;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Asks each server that was not asked before. The first forwarded query is the time: we surely listen then. */
  check(upstreams: readonly Upstream[]): void {
    for (const upstream of upstreams) {
      if (this.#checked.has(upstream)) continue;
      this.#checked.add(upstream);
      void this.#checkOne(upstream);
    }
  }

  /** The answer to a query of this check, whose server is marked if it is one of ours; `undefined` to any other. */
  answer(query: ForwardQuery): Uint8Array | undefined {
    if (!isLoopQuery(query)) return undefined;
    const ours = this.#waiting.get(query.key);
    if (ours !== undefined) {
      ours.returned = true;
      this.#mark(ours.upstream);
    }
    return loopReply(query);
  }

  /** No zone asks it any more. */
  forget(upstream: Upstream): void {
    this.#suspects.delete(upstream);
  }

  async #checkOne(upstream: Upstream): Promise<void> {
    const query = loopQuery(this.#random);
    this.#waiting.set(query.key, { upstream, returned: false });
    const reply = await this.#ask(upstream, query);
    const returned = this.#waiting.get(query.key)?.returned === true;
    this.#waiting.delete(query.key);
    if (returned || (reply !== undefined && isLoopReply(reply))) this.#mark(upstream);
    // Silence is no proof that a suspect has changed.
    else if (reply !== undefined && this.#suspects.delete(upstream)) {
      upstream.looping = false;
      this.#changed();
    }
    if (this.#suspects.has(upstream)) this.#clock.after(AGAIN_MS, () => this.#again(upstream));
  }

  #again(upstream: Upstream): void {
    if (this.#suspects.has(upstream)) void this.#checkOne(upstream);
  }

  #mark(upstream: Upstream): void {
    upstream.looping = true;
    if (this.#suspects.has(upstream)) return;
    this.#suspects.add(upstream);
    this.#changed();
  }
}
