/** One packet in, one reply out: whatever a client sends, this neither throws nor answers what it must not. */
import { type Domain, domainAt } from '../answers/domains.ts';
import { emptyReady, type Ready } from '../answers/ready.ts';
import { CLASS, EDE, FLAG, MAX_MESSAGE, PROBE_CLASS, RCODE, TYPE } from '../wire/codes.ts';
import type { ExtendedError } from '../wire/edns.ts';
import { DROP, Query } from '../wire/query.ts';
import { Soas } from '../zone/records/soas.ts';
import { answerChaos } from './chaos.ts';
import { PROTOCOLS } from './counters.ts';
import { Elsewhere } from './elsewhere.ts';
import { RateLimit } from './limits/rateLimit.ts';
import type { Parts } from './parts.ts';
import { type Link, limitOf, ReadyReplies } from './readyReplies.ts';
import { Ruled } from './ruled.ts';
import { SearchPath } from './searchPath.ts';
import { type Answered, answeredBy, type Answering, type Client } from './step.ts';

export type Reply = Uint8Array | undefined | Promise<Uint8Array | undefined>;

export class Responder {
  readonly #parts: Parts;
  readonly #query: Query;
  readonly #readyReplies: ReadyReplies;
  /** One reply of any size, before its own memory is known to have to be so large. */
  readonly #scratch = new Uint8Array(MAX_MESSAGE);
  readonly #elsewhere: Elsewhere;
  readonly #searchPath: SearchPath | undefined;
  readonly #ruled: Ruled;
  readonly #complaints: RateLimit;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#query = new Query(parts.seed);
    const { answers, writer, forwarder } = parts;
    const { table, domains, state, resolver } = answers;
    const soas = new Soas(() => state.serial, resolver.lifetimes.denial);
    const forwards = (): boolean => forwarder?.recursive === true;
    this.#readyReplies = new ReadyReplies({ table, domains, soas, writer, forwards });
    this.#elsewhere = new Elsewhere(parts);
    const { search } = parts;
    this.#searchPath = search && new SearchPath(parts, this.#elsewhere, search);
    this.#ruled = new Ruled(parts, (query, link, client) => this.#answerPastRules(query, link, client));
    this.#complaints = new RateLimit(parts.clock, 10_000);
  }

  /** Queries whose answers have to come from elsewhere. */
  get waiting(): number {
    return this.#elsewhere.waiting;
  }

  /**
   * The reply to a packet; `undefined` when it deserves none. The packet and the client are read during the call
   * only, so that their memory may be used again.
   */
  respond(packet: Uint8Array, link: Link, client: Client = NOBODY): Reply {
    const { clock, counters } = this.#parts;
    const started = clock.monotonic();
    const query = this.#query;
    let answered: Answering;
    try {
      const verdict = query.read(packet);
      if (verdict === DROP) {
        counters.dropped++;
        return undefined;
      }
      if (verdict === RCODE.NOERROR && query.class === PROBE_CLASS) {
        const probed = this.#probed(query, link);
        if (probed !== undefined) return probed;
      }
      const type = query.nameLength === 0 ? -1 : query.type;
      counters.countRequest(link.protocol, link.family, type, packet.length);
      if (query.edns.present && query.edns.dnssecOk) counters.dnssec++;
      answered =
        verdict === RCODE.NOERROR
          ? this.#answer(query, link, client)
          : answeredBy('none', this.#refuse(query, verdict, link));
    } catch (error) {
      answered = answeredBy('none', this.#fault(error, query, link));
    }
    if (!(answered instanceof Promise)) return this.#finish(query, link, client, answered, started);
    const { address, port } = client;
    return this.#later(answered, started, packet.slice(), link, { address, port });
  }

  /**
   * What this client would be told by TCP, and by which step; counted and logged nowhere. Rejects when the packet is no
   * query, as it would get no reply.
   */
  async trace(packet: Uint8Array, client: Client): Promise<Answered> {
    const query = new Query(this.#parts.seed);
    const verdict = query.read(packet.slice());
    if (verdict === DROP) throw new Error('no query');
    const link = { protocol: 1, family: 0, limit: MAX_MESSAGE } as const;
    if (verdict !== RCODE.NOERROR) return answeredBy('none', this.#refuse(query, verdict, link));
    return this.#answer(query, link, client);
  }

  #answer(query: Query, link: Link, client: Client): Answering {
    const rules = this.#parts.rules.current?.listFor(query);
    return rules === undefined
      ? this.#answerPastRules(query, link, client)
      : this.#ruled.answer(query, rules, { link, client }, limitOf(query, link));
  }

  /** The answer to our own question; `undefined` when it is not for the SOA of one of our zones. */
  #probed(query: Query, link: Link): Uint8Array | undefined {
    const outcome = query.type === TYPE.SOA ? this.#parts.answers.answer(query) : undefined;
    if (outcome === undefined || domainAt(query, outcome.domain) !== 0) return undefined;
    const verdict = this.#readyReplies.verdict(query, outcome.domain, outcome.ready);
    return this.#parts.writer.write(query, outcome.ready, verdict, limitOf(query, link));
  }

  #answerPastRules(query: Query, link: Link, client = NOBODY): Answering {
    const length = this.#readyReplies.writeInto(this.#scratch, query, link);
    if (length > 0) return answeredBy('zone', Buffer.from(this.#scratch.subarray(0, length)));
    if (query.class !== CLASS.IN) return answeredBy('chaos', this.#otherClass(query, link));
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) {
      return answeredBy('none', this.#refuse(query, RCODE.REFUSED, link));
    }
    const { answers, writer } = this.#parts;
    const outcome = answers.answer(query);
    if (outcome === undefined) return this.#foreign(query, link);
    const { resolution, domain, ready } = outcome;
    if (isParents(query, domainAt(query, domain))) return this.#foreign(query, link);
    if (resolution.outside !== undefined) {
      return this.#elsewhere.complete(query, domain, resolution, limitOf(query, link));
    }
    // Reverse names that are nobody's here may be known outside; a cluster has no ranges of its own to deny.
    const unknown = resolution.rcode === RCODE.NXDOMAIN && domain.reverse !== undefined;
    if (unknown && this.#isTaken(query)) return this.#foreign(query, link);
    const limit = limitOf(query, link);
    const search = resolution.rcode === RCODE.NXDOMAIN ? this.#searchPath : undefined;
    const names = search?.next(query, domain, client.address);
    if (search !== undefined && names !== undefined) {
      const copy = this.#elsewhere.copy(query);
      return search.answer(copy, domain, names, limit, () => this.#deny(copy, domain, limit));
    }
    const verdict = this.#readyReplies.verdict(query, domain, ready);
    return answeredBy('zone', writer.write(query, ready, verdict, limit));
  }

  /** Worked out anew: what was not there may be by now. */
  #deny(query: Query, domain: Domain, limit: number): Answered {
    const ready = this.#parts.answers.answer(query)?.ready ?? emptyReady(RCODE.SERVFAIL);
    const verdict = this.#readyReplies.verdict(query, domain, ready);
    return answeredBy('zone', this.#parts.writer.write(query, ready, verdict, limit));
  }

  #foreign(query: Query, link: Link): Answering {
    return this.#isTaken(query)
      ? this.#elsewhere.forward(query, limitOf(query, link))
      : answeredBy('refused', this.#refuse(query, RCODE.REFUSED, link, NOT_OURS));
  }

  /** Whether somebody is to be asked for the name. */
  #isTaken(query: Query): boolean {
    return this.#parts.forwarder?.takes(query) === true;
  }

  #otherClass(query: Query, link: Link): Uint8Array {
    if (query.class !== CLASS.CH) return this.#refuse(query, RCODE.REFUSED, link);
    const ready = emptyReady();
    const rcode = answerChaos(query, this.#parts.answers.resolver.nodeName, ready);
    if (rcode !== RCODE.NOERROR) return this.#refuse(query, rcode, link);
    return this.#plain(query, ready, FLAG.AA, link);
  }

  #refuse(query: Query, rcode: number, link: Link, error?: ExtendedError): Uint8Array {
    // RA is left clear where the query was not understood: it would speak of a query that never was.
    const understood = rcode !== RCODE.FORMERR && rcode !== RCODE.NOTIMP;
    const flags = understood ? this.#readyReplies.recursion(query) : 0;
    return this.#plain(query, emptyReady(rcode, error), flags, link);
  }

  #plain(query: Query, ready: Ready, flags: number, link: Link): Uint8Array {
    const verdict = { flags, soa: undefined, zoneAt: 0 };
    return this.#parts.writer.write(query, ready, verdict, limitOf(query, link));
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

  async #later(
    pending: Promise<Answered>,
    started: number,
    packet: Uint8Array,
    link: Link,
    client: Client,
  ): Promise<Uint8Array | undefined> {
    const query = new Query(this.#parts.seed);
    try {
      const answered = await pending;
      if (this.#parts.queryLog.on) query.read(packet);
      return this.#finish(query, link, client, answered, started);
    } catch (error) {
      query.read(packet);
      const answered = answeredBy('none', this.#fault(error, query, link));
      return this.#finish(query, link, client, answered, started);
    }
  }

  /** Counts the reply, and logs it. */
  #finish(
    query: Query,
    { protocol }: Link,
    client: Client,
    answered: Answered,
    started: number,
  ): Uint8Array | undefined {
    const { clock, counters, queryLog } = this.#parts;
    const { reply, step } = answered;
    if (reply === undefined) return undefined;
    const seconds = (clock.monotonic() - started) / 1000;
    counters.countResponse((reply[3] ?? 0) & 0xf, seconds, step, protocol, reply.length);
    if (queryLog.on) queryLog.write(query, PROTOCOLS[protocol], client, answered, seconds);
    return reply;
  }
}

/** For callers that have no client to name. */
const NOBODY: Client = { address: '0.0.0.0', port: 0 };

const NOT_OURS = {
  code: EDE.NOT_AUTHORITATIVE,
  text: 'not a cluster name, and nobody is to be asked for it',
} as const;

/** DS records of a zone stand in its parent (RFC 4035 section 3.1.4.1). */
function isParents(query: Query, zoneAt: number): boolean {
  return query.type === TYPE.DS && zoneAt === 0;
}
