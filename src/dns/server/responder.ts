/** One packet in, one reply out: whatever a client sends, this neither throws nor answers what it must not. */
import type { Outcome } from '../answers/answers.ts';
import { domainAt } from '../answers/domains.ts';
import { emptyReady, type Ready } from '../answers/ready.ts';
import type { Verdict } from '../answers/writer.ts';
import { CLASS, EDE, FLAG, RCODE, TYPE } from '../wire/codes.ts';
import type { ExtendedError } from '../wire/edns.ts';
import { DROP, Query } from '../wire/query.ts';
import { answerChaos } from './chaos.ts';
import { Elsewhere } from './elsewhere.ts';
import type { Parts } from './parts.ts';
import { RateLimit } from './rateLimit.ts';

/** How a packet came. */
export interface Link {
  readonly protocol: 0 | 1;
  readonly family: 0 | 1;
  /** Octets that a reply may have where the client allows it. */
  readonly limit: number;
}

export type Reply = Uint8Array | undefined | Promise<Uint8Array | undefined>;

const TCP = 1;
/** RFC 1035 section 4.2.1: what a client without EDNS takes. */
const PLAIN_UDP = 512;

export class Responder {
  readonly #parts: Parts;
  readonly #query: Query;
  readonly #nothing: Ready = emptyReady();
  readonly #elsewhere: Elsewhere;
  readonly #complaints: RateLimit;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#query = new Query(parts.seed);
    this.#elsewhere = new Elsewhere(parts);
    this.#complaints = new RateLimit(parts.clock, 10_000);
  }

  /**
   * The reply to a packet; `undefined` when it deserves none. The packet is read during the call only, so that
   * its memory may be used again.
   */
  respond(packet: Uint8Array, link: Link): Reply {
    const { clock, counters } = this.#parts;
    const started = clock.monotonic();
    const query = this.#query;
    let reply: Reply;
    try {
      const verdict = query.read(packet);
      if (verdict === DROP) {
        counters.dropped++;
        return undefined;
      }
      counters.countRequest(link.protocol, link.family, query.nameLength === 0 ? -1 : query.type);
      reply = verdict === RCODE.NOERROR ? this.#answer(query, link) : this.#refuse(query, verdict, link);
    } catch (error) {
      reply = this.#fault(error, query, link);
    }
    if (reply instanceof Promise) return this.#count(reply, started, packet.slice(), link);
    this.#countReply(reply, started);
    return reply;
  }

  #answer(query: Query, link: Link): Reply {
    if (query.class !== CLASS.IN) return this.#otherClass(query, link);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return this.#refuse(query, RCODE.REFUSED, link);
    const { answers, forwarder } = this.#parts;
    const outcome = answers.answer(query);
    const { resolution, domain } = outcome;
    if (domain === undefined || isParents(query, domainAt(query, domain))) {
      return this.#foreign(query, link);
    }
    if (resolution?.outside !== undefined) {
      return this.#elsewhere.complete(query, domain, resolution, limitOf(query, link));
    }
    // Reverse names that are nobody's here may be known outside; a cluster has no ranges of its own to deny.
    if (resolution?.rcode === RCODE.NXDOMAIN && domain.reverse !== undefined && forwarder !== undefined) {
      return this.#foreign(query, link);
    }
    return this.#write(query, outcome, domainAt(query, domain), link);
  }

  #write(query: Query, outcome: Outcome, zoneAt: number, link: Link): Uint8Array {
    const { answers, writer } = this.#parts;
    const { ready, resolution, domain } = outcome;
    const verdict: Verdict = {
      rcode: resolution?.rcode ?? RCODE.NOERROR,
      flags: FLAG.AA | this.#recursion(query),
      error: resolution?.error,
      soa: ready.answers === 0 ? answers.resolver.soa(domain?.name ?? '') : undefined,
      zoneAt,
    };
    return writer.write(query, ready, verdict, limitOf(query, link));
  }

  #foreign(query: Query, link: Link): Reply {
    if (this.#parts.forwarder === undefined) return this.#refuse(query, RCODE.REFUSED, link, NOT_OURS);
    return this.#elsewhere.forward(query, limitOf(query, link));
  }

  #otherClass(query: Query, link: Link): Uint8Array {
    if (query.class !== CLASS.CH) return this.#refuse(query, RCODE.REFUSED, link);
    const ready = emptyReady();
    const rcode = answerChaos(query, this.#parts.answers.resolver.nodeName, ready);
    if (rcode !== RCODE.NOERROR) return this.#refuse(query, rcode, link);
    return this.#plain(query, ready, rcode, FLAG.AA, undefined, link);
  }

  #refuse(query: Query, rcode: number, link: Link, error?: ExtendedError): Uint8Array {
    // RA is left clear where the query was not understood: it would speak of a query that never was.
    const flags = rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP ? 0 : this.#recursion(query);
    return this.#plain(query, this.#nothing, rcode, flags, error, link);
  }

  #plain(
    query: Query,
    ready: Ready,
    rcode: number,
    flags: number,
    error: ExtendedError | undefined,
    link: Link,
  ): Uint8Array {
    const verdict = { rcode, flags, error, soa: undefined, zoneAt: 0 };
    return this.#parts.writer.write(query, ready, verdict, limitOf(query, link));
  }

  #recursion(query: Query): number {
    return (query.flags & FLAG.RD) !== 0 && this.#parts.forwarder !== undefined ? FLAG.RA : 0;
  }

  #fault(error: unknown, query: Query, link: Link): Uint8Array | undefined {
    const { counters, log } = this.#parts;
    counters.faults++;
    if (this.#complaints.allows()) {
      const missed = this.#complaints.takeMissed();
      log.error({ err: error, missed }, 'dns: a query could not be handled; it was answered SERVFAIL');
    }
    try {
      return this.#refuse(query, RCODE.SERVFAIL, link);
    } catch {
      return undefined;
    }
  }

  async #count(
    pending: Promise<Uint8Array | undefined>,
    started: number,
    packet: Uint8Array,
    link: Link,
  ): Promise<Uint8Array | undefined> {
    let reply: Uint8Array | undefined;
    try {
      reply = await pending;
    } catch (error) {
      const query = new Query(this.#parts.seed);
      query.read(packet);
      reply = this.#fault(error, query, link);
    }
    this.#countReply(reply, started);
    return reply;
  }

  #countReply(reply: Uint8Array | undefined, started: number): void {
    const { clock, counters } = this.#parts;
    if (reply !== undefined)
      counters.countResponse((reply[3] ?? 0) & 0xf, (clock.monotonic() - started) / 1000);
  }
}

const NOT_OURS = { code: EDE.NOT_AUTHORITATIVE, text: 'not a cluster name, and forwarding is off' } as const;

/** Octets that the reply may have. */
function limitOf(query: Query, link: Link): number {
  if (link.protocol === TCP) return link.limit;
  return query.edns.present ? Math.min(query.edns.udpSize, link.limit) : PLAIN_UDP;
}

/** DS records of a zone stand in its parent (RFC 4035 section 3.1.4.1). */
function isParents(query: Query, zoneAt: number): boolean {
  return query.type === TYPE.DS && zoneAt === 0;
}
