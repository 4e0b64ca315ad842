/** Replies of upstream servers, kept while they are true and there is room, and some time longer for a rainy day. */
import type { Clock } from '../../host/clock.ts';
import type { CacheSettings } from '../settings.ts';
import type { Layout } from '../wire/layout.ts';
import { COUNT, CacheCounts } from './counts.ts';
import { failureSeconds, lifetimeOf, type ReplyKind } from './lifetime.ts';
import { Sieve } from './sieve.ts';
import { type StoredReply, storeReply } from './storedReply.ts';

/** Whoever was asked for the reply: what one zone's servers said is not told for another zone. */
export type Owner = object;

/** Milliseconds are of the monotonic clock. */
export interface Entry {
  readonly kind: ReplyKind;
  /** `undefined`: no server answered. */
  readonly reply: StoredReply | undefined;
  /** Name of the server; empty where none answered. */
  readonly upstream: string;
  readonly owner: Owner;
  readonly storedAt: number;
  readonly expiresAt: number;
  /** Until when it may serve where nobody answers. */
  readonly staleUntil: number;
  hits: number;
  /** Once asking anew has failed: until when it need not be tried again. */
  retryAt: number | undefined;
}

export interface CacheState {
  /** `denial`: all that is no success, kept failures of servers too. */
  readonly entries: { readonly success: number; readonly denial: number };
  readonly octets: number;
  readonly maxOctets: number;
  readonly counts: CacheCounts;
}

/** RFC 8767 section 5 would have 30 s; a cluster's clients should see sooner that a server is back. */
const RETRY_MS = 5000;
/** Memory that an entry takes beside its octets: objects, offsets, map slot. Rounded up. */
const ENTRY_OVERHEAD = 500;

export class ReplyCache {
  readonly counts: CacheCounts = new CacheCounts();
  readonly #clock: Clock;
  readonly #entries: Sieve<Entry>;
  #successes = 0;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#entries = new Sieve(maxBytes, (entry, evicted) => {
      const success = entry.kind === 'success';
      if (success) this.#successes -= 1;
      if (evicted) this.counts.add(success ? COUNT.evictionsSuccess : COUNT.evictionsDenial);
    });
  }

  state(): CacheState {
    const success = this.#successes;
    const { size, bytes: octets, maxBytes: maxOctets } = this.#entries;
    return { entries: { success, denial: size - success }, octets, maxOctets, counts: this.counts };
  }

  resize(maxBytes: number): void {
    this.#entries.resize(maxBytes);
  }

  /** What is kept, fresh or stale. */
  get(key: string, owner: Owner): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.owner === owner && this.#clock.monotonic() < entry.staleUntil) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** Keeps the reply if its kind may be kept; it comes back as it is to be told. `message` is the cache's from here on. */
  put(key: string, owner: Owner, from: Source, limits: CacheSettings): StoredReply {
    const { message, layout, upstream } = from;
    const { kind, seconds } = lifetimeOf(message, layout, limits);
    const { min } = kind === 'success' ? limits.success : limits.denial;
    const reply = storeReply(message, layout, seconds === 0 ? 0 : min);
    if (kind === 'failure') this.#fail(key, owner, { reply, upstream, seconds });
    else if (seconds > 0) this.#set(key, owner, { kind, reply, upstream, seconds }, limits.serveStale);
    return reply;
  }

  /** Remembers that no server answered (RFC 9520), so that not every client makes us find out anew. */
  putSilence(key: string, owner: Owner, limits: CacheSettings): void {
    this.#fail(key, owner, { reply: undefined, upstream: '', seconds: failureSeconds(limits) });
  }

  /** A failure says nothing about the name: it never takes the place of an answer, not even of a stale one. */
  #fail(key: string, owner: Owner, failure: Omit<Kept, 'kind'>): void {
    const entry = this.get(key, owner);
    if (entry !== undefined && entry.kind !== 'failure') entry.retryAt = this.#clock.monotonic() + RETRY_MS;
    else if (failure.seconds > 0) this.#set(key, owner, { kind: 'failure', ...failure }, 0);
  }

  #set(key: string, owner: Owner, { kind, reply, upstream, seconds }: Kept, staleSeconds: number): void {
    const storedAt = this.#clock.monotonic();
    const expiresAt = storedAt + seconds * 1000;
    const staleUntil = expiresAt + staleSeconds * 1000;
    const times = { storedAt, expiresAt, staleUntil };
    const bytes = ENTRY_OVERHEAD + (reply?.wire.length ?? 0) + 2 * key.length;
    const entry = { kind, reply, upstream, owner, ...times, hits: 0, retryAt: undefined };
    if (this.#entries.set(key, entry, bytes) && kind === 'success') this.#successes += 1;
  }
}

/** A reply that holds nothing but what answers its question, and who sent it. */
export interface Source {
  readonly message: Uint8Array;
  readonly layout: Layout;
  readonly upstream: string;
}

interface Kept {
  readonly kind: ReplyKind;
  readonly reply: StoredReply | undefined;
  readonly upstream: string;
  readonly seconds: number;
}
