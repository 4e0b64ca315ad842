/** Replies of upstream servers, kept while they are true and there is room. */
import type { Clock } from '../../host/clock.ts';
import type { Layout } from '../wire/layout.ts';
import { type CacheLimits, lifetimeOf } from './lifetime.ts';
import { Sieve } from './sieve.ts';
import type { StoredReply } from './storedReply.ts';

interface Entry {
  readonly reply: StoredReply;
  /** Milliseconds of the monotonic clock. */
  readonly storedAt: number;
  readonly expiresAt: number;
}

export interface CachedReply {
  readonly reply: StoredReply;
  /** Whole seconds since it was stored; always less than its shortest TTL. */
  readonly age: number;
}

/** Memory that an entry takes beside its octets: objects, offsets, map slot. Rounded up. */
const ENTRY_OVERHEAD = 500;

export class ReplyCache {
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #entries: Sieve<Entry>;

  constructor(clock: Clock, limits: CacheLimits, maxBytes: number) {
    this.#clock = clock;
    this.#limits = limits;
    this.#entries = new Sieve(maxBytes);
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.bytes;
  }

  get(key: string): CachedReply | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (now >= entry.expiresAt) {
      this.#entries.delete(key);
      return undefined;
    }
    return { reply: entry.reply, age: Math.floor((now - entry.storedAt) / 1000) };
  }

  /** Keeps the reply if its kind may be kept. `message` and `layout` are what `reply` was made from. */
  put(key: string, reply: StoredReply, message: Uint8Array, layout: Layout): void {
    const seconds = lifetimeOf(message, layout, this.#limits);
    if (seconds <= 0) return;
    const storedAt = this.#clock.monotonic();
    const bytes = ENTRY_OVERHEAD + reply.wire.length + 2 * key.length;
    this.#entries.set(key, { reply, storedAt, expiresAt: storedAt + seconds * 1000 }, bytes);
  }
}
