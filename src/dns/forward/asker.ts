/** One question upstream, what of the reply is to be believed, and keeping that. */
import { COUNT } from '../cache/counts.ts';
import type { ForwardQuery } from '../cache/query.ts';
import { relevantPart } from '../cache/relevant.ts';
import type { ReplyCache } from '../cache/replyCache.ts';
import { type StoredReply, storeReply } from '../cache/storedReply.ts';
import { RCODE } from '../wire/codes.ts';
import { layoutOf, u16 } from '../wire/layout.ts';
import { Coalesced } from './coalesced.ts';
import { type Fetched, type FetchOptions, fetchReply } from './fetch.ts';
import type { Random } from './transport/upstreamQuery.ts';
import type { LoopCheck } from './upstreams/loopCheck.ts';
import type { Zone } from './upstreams/zones.ts';

export interface Asked {
  readonly reply: StoredReply | undefined;
  /** Name of the server; empty where none answered. */
  readonly upstream: string;
  /** It says something about the name; SERVFAIL does not. */
  readonly good: boolean;
  /** Nobody was asked: every server owes as much as it may. */
  readonly busy: boolean;
}

export interface AskerParts {
  readonly random: Random;
  readonly cache: ReplyCache;
  readonly loops: LoopCheck;
  readonly fetch: FetchOptions;
}

const NOTHING: Asked = { reply: undefined, upstream: '', good: false, busy: false };

export class Asker {
  readonly #parts: AskerParts;
  readonly #asking = new Coalesced<Zone, Asked>();
  /** Questions that nobody could be asked, as every server owed as much as it may. */
  rejects = 0;
  /** Questions asked while every server of the zone was believed dead. */
  broken = 0;

  constructor(parts: AskerParts) {
    this.#parts = parts;
  }

  isAsking(query: ForwardQuery, zone: Zone): boolean {
    return this.#asking.isAsking(query.key, zone);
  }

  /** Later askers of the same wait for the one reply. Never rejects. */
  ask(query: ForwardQuery, zone: Zone): Promise<Asked> {
    return this.#asking.ask(query.key, zone, () => this.#ask(query, zone));
  }

  /** Without RD the server tells only what it has, which is no answer for those who want it found. */
  async askAlone(query: ForwardQuery, zone: Zone): Promise<Asked> {
    const fetched = await this.#fetch(query, zone);
    const source = this.#believed(fetched, query);
    if (source === undefined) return { ...NOTHING, busy: fetched.kind === 'busy' };
    return asked(storeReply(source.message, source.layout, 0), source.upstream);
  }

  async #ask(query: ForwardQuery, zone: Zone): Promise<Asked> {
    const { cache } = this.#parts;
    const limits = zone.settings.cache;
    const fetched = await this.#fetch(query, zone);
    if (fetched.kind === 'busy') return { ...NOTHING, busy: true };
    const source = this.#believed(fetched, query);
    if (source !== undefined) return asked(cache.put(query.key, zone, source, limits), source.upstream);
    cache.putSilence(query.key, zone, limits);
    return NOTHING;
  }

  async #fetch(query: ForwardQuery, zone: Zone): Promise<Fetched> {
    this.#parts.loops.check(zone.upstreams);
    if (zone.upstreams.every((upstream) => !upstream.healthy)) this.broken += 1;
    const fetched = await fetchReply(query, zone, this.#turn(zone), this.#parts.fetch);
    if (fetched.kind === 'busy') this.rejects += 1;
    return fetched;
  }

  #believed(fetched: Fetched, query: ForwardQuery): Parameters<ReplyCache['put']>[2] | undefined {
    if (fetched.kind !== 'reply') return undefined;
    const layout = layoutOf(fetched.message);
    const relevant = layout && relevantPart(fetched.message, layout, query.dnssecOk);
    if (relevant === undefined || relevant.dropped > 0) this.#parts.cache.counts.add(COUNT.drops);
    return relevant && { ...relevant, upstream: fetched.upstream.name };
  }

  #turn(zone: Zone): number {
    zone.turn += 1;
    if (zone.settings.policy !== 'random') return zone.turn;
    const [high = 0, low = 0] = this.#parts.random(2);
    return (high << 8) | low;
  }
}

function asked(reply: StoredReply, upstream: string): Asked {
  return { reply, upstream, good: (u16(reply.wire, 2) & 0x0f) !== RCODE.SERVFAIL, busy: false };
}
