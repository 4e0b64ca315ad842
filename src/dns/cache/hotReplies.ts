/**
 * Replies of others that many ask for, where threads that answer find them. They are copies: the cache alone decides
 * what is kept, and is asked again in time to fetch what is popular anew.
 */
import type { Key } from '../answers/memory.ts';
import { emptyReady, type Ready } from '../answers/ready.ts';
import type { SharedState } from '../answers/sharedState.ts';
import type { Shelf } from '../answers/shelf.ts';
import { FLAG } from '../wire/codes.ts';
import { optSize, writeOpt } from '../wire/edns.ts';
import { putU16, u16 } from '../wire/layout.ts';
import type { Query } from '../wire/query.ts';
import { type CacheCounts, COUNT } from './counts.ts';
import { encodeHot, type HotReply, isDenial, isDue, isFresh, isOf, lengthOf, tellHot } from './hotRecord.ts';
import { understandsAd } from './query.ts';

/** Fewer hits, and it is not worth a copy; but what was shared once goes on. */
const HOT_HITS = 3;
/** Of questions for what is due, one in so many goes to the main thread, which then asks anew. */
const ONE_IN = 16;
/** Longer ones are few, and are often cut. */
const MAX_OCTETS = 1232;
/** What all of them are void with: other servers may say other things. No Service, namespace or address has this name. */
const OWNER = 'elsewhere/';

const FNV_PRIME = 0x01000193;

/** The main thread's side: the one that writes. */
export class HotReplies {
  readonly #shelf: Shelf;
  readonly #state: SharedState;
  readonly #key = new HotKey();
  readonly #ready = emptyReady();

  constructor(shelf: Shelf, state: SharedState) {
    this.#shelf = shelf;
    this.#state = state;
  }

  /** Shares a reply to this query of class IN where many ask for it, unless it is shared already. */
  put(query: Query, hot: HotReply): void {
    const key = this.#key.of(query);
    const ready = this.#ready;
    const shared = this.#shelf.find(key, ready);
    if (shared ? isOf(ready.bytes, ready.start, hot) : hot.hits < HOT_HITS) return;
    if (hot.reply.wire.length > MAX_OCTETS) return;
    const bytes = encodeHot(hot);
    this.#shelf.put(key, this.#state.numberOf(OWNER), { ...emptyReady(), bytes, length: bytes.length });
  }

  /** Nothing that is shared may be told any more. */
  void(): void {
    this.#state.change(() => this.#state.bump(OWNER));
  }
}

export interface HotSource {
  readonly find: (key: Key, into: Ready) => boolean;
  readonly counts: CacheCounts;
  /** The clock of whoever keeps the replies. */
  readonly now: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** The side of any thread that answers; the records may be replaced while it reads others. */
export class HotReader {
  readonly #source: HotSource;
  readonly #key = new HotKey();
  readonly #ready = emptyReady();
  readonly #client: { message: Uint8Array; authenticData: boolean } = {
    message: new Uint8Array(0),
    authenticData: false,
  };

  constructor(source: HotSource) {
    this.#source = source;
  }

  /** Writes the reply to a query of class IN to the beginning of `out`; 0 where it is not here, or would be cut. */
  writeInto(out: Uint8Array, query: Query, limit: number): number {
    const { find, counts, now, random } = this.#source;
    const { message, flags, edns } = query;
    if ((flags & FLAG.RD) === 0 || !find(this.#key.of(query), this.#ready)) return 0;
    const { bytes, start } = this.#ready;
    const time = now();
    if (!isFresh(bytes, start, time) || (isDue(bytes, start, time) && random() < 1 / ONE_IN)) return 0;
    const length = lengthOf(bytes, start);
    if (length + (edns.present ? optSize(message, edns) : 0) > limit) return 0;
    const client = this.#client;
    client.message = message;
    client.authenticData = understandsAd(flags, edns.present && edns.dnssecOk);
    tellHot(out, bytes, start, client, query.nameLength, time);
    counts.add(COUNT.requests);
    counts.add(isDenial(bytes, start) ? COUNT.hitsDenial : COUNT.hitsSuccess);
    if (!edns.present) return length;
    putU16(out, 10, u16(out, 10) + 1);
    return writeOpt(out, length, message, edns, 0, true);
  }
}

/** As a query is kept for names of the cluster, and apart by DO and CD. Reused. */
class HotKey implements Key {
  hash = 0;
  key: Uint8Array = new Uint8Array(0);
  keyLength = 0;

  of({ key, keyLength, hash, flags, edns }: Query): Key {
    const bits = (edns.present && edns.dnssecOk ? 2 : 0) | ((flags & FLAG.CD) === 0 ? 0 : 1);
    key[keyLength] = bits;
    this.key = key;
    this.keyLength = keyLength + 1;
    this.hash = Math.imul(hash ^ bits, FNV_PRIME) >>> 0;
    return this;
  }
}
