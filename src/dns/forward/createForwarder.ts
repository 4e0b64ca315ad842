/** The forwarder: cache first, then one question upstream for however many clients ask it. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { type CacheLimits, DEFAULT_LIMITS } from '../cache/lifetime.ts';
import { type ForwardQuery, readQuery } from '../cache/query.ts';
import { ReplyCache } from '../cache/replyCache.ts';
import { type StoredReply, storeReply, tellReply } from '../cache/storedReply.ts';
import type { Forwarder, ForwarderState } from '../forwarder.ts';
import type { SocketAddress } from '../settings.ts';
import { layoutOf } from '../wire/layout.ts';
import { attempt, type Transports } from './attempt.ts';
import { type FetchOptions, fetchReply } from './fetch.ts';
import { HealthCheck } from './health.ts';
import { LoopCheck } from './loopCheck.ts';
import type { Policy } from './policy.ts';
import { rootQuery } from './probeQuery.ts';
import { tcpTransport } from './tcpTransport.ts';
import { udpTransport } from './udpTransport.ts';
import { Upstream } from './upstream.ts';
import type { Random } from './upstreamQuery.ts';

export interface ForwarderOptions {
  readonly upstreams: readonly SocketAddress[];
  readonly clock: Clock;
  readonly log: Log;
  /** Unguessable octets; the system's by default. */
  readonly random?: Random;
  /** 8 MiB by default: some 12,000 replies. */
  readonly maxCacheBytes?: number;
  readonly limits?: CacheLimits;
  readonly policy?: Policy;
  /** Queries that one server may owe us at a time; more are refused. Each holds a socket. */
  readonly maxInFlight?: number;
  /** Asks with random capitals, which a forger has to guess too. */
  readonly mixCase?: boolean;
  /** Sockets by default. */
  readonly transports?: Transports;
}

const PROBE_TIMEOUT_MS = 1000;
/** Clients that may wait for answers at a time: what a flood of queries costs in memory ends here. */
const MAX_WAITING = 10_000;

export function createForwarder(options: ForwarderOptions): Forwarder {
  return new CachingForwarder(options);
}

class CachingForwarder implements Forwarder {
  readonly #upstreams: readonly Upstream[];
  readonly #cache: ReplyCache;
  readonly #random: Random;
  readonly #fetch: FetchOptions;
  readonly #health: HealthCheck;
  readonly #loops: LoopCheck;
  readonly #closing = new AbortController();
  /** Questions being asked, by key: later askers of the same wait for the one reply. */
  readonly #asking = new Map<string, Promise<StoredReply | undefined>>();
  #waiting = 0;
  #turn = 0;
  #hits = 0;
  #misses = 0;

  constructor(options: ForwarderOptions) {
    const { clock, log } = options;
    const transports = options.transports ?? { udp: udpTransport(clock), tcp: tcpTransport(clock) };
    this.#random = options.random ?? randomBytes;
    this.#upstreams = options.upstreams.map((server) => new Upstream(server));
    this.#cache = new ReplyCache(clock, options.limits ?? DEFAULT_LIMITS, options.maxCacheBytes ?? 8 << 20);
    const tries = {
      random: this.#random,
      mixCase: options.mixCase ?? true,
      clock,
      signal: this.#closing.signal,
    };
    const askOnce = async (upstream: Upstream, query: ForwardQuery): Promise<boolean> => {
      const deadline = clock.monotonic() + PROBE_TIMEOUT_MS;
      const result = await attempt(transports, upstream, query, { ...tries, deadline });
      return result.kind === 'reply';
    };
    const health = new HealthCheck((upstream) => askOnce(upstream, rootQuery()), clock, log);
    this.#health = health;
    this.#loops = new LoopCheck(this.#random, askOnce, log);
    this.#fetch = {
      ...tries,
      log,
      transports,
      upstreams: this.#upstreams,
      policy: options.policy ?? 'random',
      maxInFlight: options.maxInFlight ?? 1000,
      onFailure: (upstream) => health.failed(upstream),
    };
  }

  async forward(message: Uint8Array): Promise<Uint8Array | undefined> {
    const query = readQuery(message);
    if (query === undefined || this.#closing.signal.aborted || this.#loops.recognises(query))
      return undefined;
    const cached = query.recursionDesired ? this.#cache.get(query.key) : undefined;
    if (cached !== undefined) {
      this.#hits += 1;
      return tellReply(cached.reply, query, cached.age);
    }
    this.#misses += 1;
    if (this.#waiting >= MAX_WAITING) return undefined;
    this.#waiting += 1;
    const reply = await this.#shared(query).finally(() => {
      this.#waiting -= 1;
    });
    return reply === undefined ? undefined : tellReply(reply, query, 0);
  }

  close(): Promise<void> {
    this.#health.close();
    this.#closing.abort();
    return Promise.resolve();
  }

  state(): ForwarderState {
    return {
      upstreams: this.#upstreams.map((upstream) => upstream.state()),
      cacheEntries: this.#cache.entries,
      cacheHits: this.#hits,
      cacheMisses: this.#misses,
    };
  }

  #shared(query: ForwardQuery): Promise<StoredReply | undefined> {
    // Without RD the server tells only what it has, which is no answer for those who want it found.
    if (!query.recursionDesired) return this.#ask(query);
    const asking = this.#asking.get(query.key);
    if (asking !== undefined) return asking;
    const asked = this.#ask(query).finally(() => this.#asking.delete(query.key));
    this.#asking.set(query.key, asked);
    return asked;
  }

  async #ask(query: ForwardQuery): Promise<StoredReply | undefined> {
    void this.#loops.check(this.#upstreams);
    const message = await fetchReply(query, this.#nextTurn(), this.#fetch);
    const layout = message === undefined ? undefined : layoutOf(message);
    if (message === undefined || layout === undefined) return undefined;
    const reply = storeReply(message, layout);
    if (query.recursionDesired) this.#cache.put(query.key, reply, message, layout);
    return reply;
  }

  #nextTurn(): number {
    this.#turn += 1;
    if (this.#fetch.policy !== 'random') return this.#turn;
    const [high = 0, low = 0] = this.#random(2);
    return (high << 8) | low;
  }
}
