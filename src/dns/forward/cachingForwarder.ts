/** The forwarder: what is kept first, then a question upstream, then what was kept too long but is all there is. */
import type { Clock } from '../../host/clock.ts';
import { COUNT } from '../cache/counts.ts';
import type { HotReply } from '../cache/hotRecord.ts';
import { type ForwardQuery, keyOfQuery, nameOfKey, readQuery, understandsAd } from '../cache/query.ts';
import type { Entry, ReplyCache } from '../cache/replyCache.ts';
import type { ForwardSettings } from '../settings.ts';
import { FLAG } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import type { Asker } from './asker.ts';
import type { Forwarded, Forwarder, ForwarderState } from './forwarder.ts';
import { tellAsked, tellKept, tellNothing, tellStale } from './tell.ts';
import type { HealthCheck } from './upstreams/health.ts';
import type { LoopCheck } from './upstreams/loopCheck.ts';
import type { Servers } from './upstreams/servers.ts';
import type { Zone } from './upstreams/zones.ts';

export interface ForwarderParts {
  readonly clock: Clock;
  readonly cache: ReplyCache;
  readonly servers: Servers;
  readonly asker: Asker;
  readonly health: HealthCheck;
  readonly loops: LoopCheck;
  readonly closing: AbortController;
}

/** Clients that may wait for answers at a time: what a flood of queries costs in memory ends here. */
const MAX_WAITING = 10_000;
/** How long a client waits while there is a stale answer (RFC 8767 section 5). */
const PATIENCE_MS = 1800;
/** A popular answer is asked for again in the last tenth of its time, and one second before its end at the latest. */
const LAST_PART = 0.1;
const LAST_MS = 1000;

export class CachingForwarder implements Forwarder {
  readonly #parts: ForwarderParts;
  #waiting = 0;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
  }

  get recursive(): boolean {
    return this.#parts.servers.zones.recursive;
  }

  takes(query: Query): boolean {
    return this.#parts.servers.zones.ofQuery(query) !== undefined;
  }

  kept(query: Query): Forwarded | undefined {
    const { servers, cache, clock } = this.#parts;
    const zone = servers.zones.ofQuery(query);
    if (zone === undefined || (query.flags & FLAG.RD) === 0) return undefined;
    const entry = cache.get(keyOfQuery(query), zone);
    const now = clock.monotonic();
    if (entry === undefined || now >= entry.expiresAt) return undefined;
    cache.counts.add(COUNT.requests);
    const authenticData = understandsAd(query.flags, query.edns.present && query.edns.dnssecOk);
    this.#hit(entry, zone, now, query.message);
    const told = tellKept(entry, { message: query.message, authenticData }, secondsSince(entry, now));
    return { ...told, hot: hotOf(entry, zone.settings.cache.prefetch) };
  }

  forward(message: Uint8Array): Forwarded | Promise<Forwarded> {
    const { servers, loops, cache, closing, asker, clock } = this.#parts;
    const query = readQuery(message);
    if (query === undefined || closing.signal.aborted) return tellNothing('forward');
    const probed = loops.answer(query);
    if (probed !== undefined) return { ...tellNothing('loop'), reply: probed };
    const zone = servers.zones.of(nameOfKey(query));
    if (zone === undefined) return tellNothing('refused');
    if (!query.recursionDesired) return this.#wait(copied(query), (own) => asker.askAlone(own, zone));
    cache.counts.add(COUNT.requests);
    const entry = cache.get(query.key, zone);
    if (entry === undefined) {
      cache.counts.add(COUNT.misses);
      return this.#wait(copied(query), (own) => asker.ask(own, zone));
    }
    return clock.monotonic() < entry.expiresAt
      ? this.#fresh(query, zone, entry)
      : this.#stale(copied(query), zone, entry);
  }

  async configure(settings: ForwardSettings): Promise<void> {
    const { servers, cache } = this.#parts;
    if (await servers.configure(settings)) cache.resize(settings.cacheBytes);
  }

  close(): Promise<void> {
    this.#parts.servers.close();
    this.#parts.health.close();
    this.#parts.closing.abort();
    return Promise.resolve();
  }

  state(): ForwarderState {
    const { servers, cache, asker } = this.#parts;
    return {
      upstreams: servers.state(),
      cache: cache.state(),
      rejects: asker.rejects,
      broken: asker.broken,
      problems: servers.problems,
    };
  }

  #fresh(query: ForwardQuery, zone: Zone, entry: Entry): Forwarded {
    const now = this.#parts.clock.monotonic();
    this.#hit(entry, zone, now, query.message);
    return tellKept(entry, query, secondsSince(entry, now));
  }

  /** Counts a hit, and asks anew where the answer is popular and its time nearly up. */
  #hit(entry: Entry, zone: Zone, now: number, message: Uint8Array): void {
    const { cache, asker } = this.#parts;
    cache.counts.add(entry.kind === 'success' ? COUNT.hitsSuccess : COUNT.hitsDenial);
    entry.hits += 1;
    if (!isDue(entry, zone.settings.cache.prefetch, now)) return;
    const query = readQuery(Uint8Array.from(message));
    if (query === undefined || asker.isAsking(query, zone)) return;
    cache.counts.add(COUNT.prefetch);
    void asker.ask(query, zone);
  }

  /** Asks; but where nobody answers, or nobody did a moment ago, tells what was true once. */
  async #stale(query: ForwardQuery, zone: Zone, entry: Entry): Promise<Forwarded> {
    const { clock, cache, asker } = this.#parts;
    cache.counts.add(COUNT.misses);
    const failedBefore = entry.retryAt !== undefined;
    const asking = asker.isAsking(query, zone);
    if (clock.monotonic() >= (entry.retryAt ?? 0) || asking) {
      const asked = asker.ask(query, zone);
      // Once it has failed, clients need not wait to see it fail again.
      const forwarded = failedBefore ? undefined : await this.#patiently(query, asked);
      if (forwarded !== undefined) return forwarded;
    }
    cache.counts.add(COUNT.servedStale);
    return tellStale(entry, query);
  }

  async #patiently(query: ForwardQuery, asked: ReturnType<Asker['ask']>): Promise<Forwarded | undefined> {
    if (this.#waiting >= MAX_WAITING) return undefined;
    const { promise: tooLong, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#parts.clock.after(PATIENCE_MS, () => resolve(undefined));
    this.#waiting += 1;
    const came = await Promise.race([asked, tooLong]);
    this.#waiting -= 1;
    timer.cancel();
    return came?.good === true ? tellAsked(came, query) : undefined;
  }

  async #wait(
    query: ForwardQuery,
    ask: (query: ForwardQuery) => ReturnType<Asker['ask']>,
  ): Promise<Forwarded> {
    if (this.#waiting >= MAX_WAITING) return tellNothing('busy');
    this.#waiting += 1;
    const asked = await ask(query);
    this.#waiting -= 1;
    return tellAsked(asked, query);
  }
}

/** What others may tell; a failure says too little, and not for long. */
function hotOf(entry: Entry, popular: number): HotReply | undefined {
  const { kind, reply, hits, storedAt, expiresAt } = entry;
  if (reply === undefined || kind === 'failure') return undefined;
  const dueAt = popular === 0 ? expiresAt : dueFrom(entry);
  return { reply, denial: kind === 'denial', hits, storedAt, dueAt, until: expiresAt };
}

/** From when on a popular answer is asked for again. */
function dueFrom({ storedAt, expiresAt }: Entry): number {
  return expiresAt - Math.max(LAST_MS, LAST_PART * (expiresAt - storedAt));
}

/** Whether it is to be asked for again before its time is up. */
function isDue(entry: Entry, popular: number, now: number): boolean {
  const { kind, hits, retryAt = 0 } = entry;
  if (popular === 0 || hits < popular || kind === 'failure' || now < retryAt) return false;
  return now >= dueFrom(entry);
}

function secondsSince({ storedAt }: Entry, now: number): number {
  return Math.floor((now - storedAt) / 1000);
}

/** The query as one that outlives the packet it came in. */
function copied(query: ForwardQuery): ForwardQuery {
  return { ...query, message: Uint8Array.from(query.message) };
}
