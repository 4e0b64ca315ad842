/** Queries that others must answer: names outside the cluster, and aliases that lead there. */
import { type Domain, labelsBelow } from '../answers/domains.ts';
import { emptyReady } from '../answers/ready.ts';
import type { Forwarded } from '../forward/forwarder.ts';
import { EDE, FLAG, RCODE } from '../wire/codes.ts';
import { encodeError, type ExtendedError, OPT_SIZE, optSize, writeOpt } from '../wire/edns.ts';
import { fitReply } from '../wire/fit.ts';
import { putU16, u16 } from '../wire/layout.ts';
import { isName } from '../wire/name.ts';
import { makeQuery, Query } from '../wire/query.ts';
import { readAnswer } from '../wire/rawRecords.ts';
import type { Rr } from '../wire/record.ts';
import { found, type Resolution } from '../zone/resolution.ts';
import type { Parts } from './parts.ts';
import type { Answered } from './step.ts';

/** Queries that may wait for others at once. More are turned away with SERVFAIL: stub resolvers then try again. */
const MAX_WAITING = 4096;

/** Records in the order in which one leads to the next. */
export interface Chain {
  readonly answers: readonly Rr[];
  readonly rcode?: number | undefined;
  readonly error?: ExtendedError | undefined;
  /** Somebody else's part of it is not whole. */
  readonly truncated?: boolean | undefined;
}

export class Elsewhere {
  readonly #parts: Parts;
  #waiting = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Queries that wait for others now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Passes the query on, and the reply back, cut to `limit` octets; at once where the answer is kept. */
  forward(asked: Query, limit: number): Answered | Promise<Answered> {
    const kept = this.#parts.forwarder?.kept(asked);
    if (kept?.hot !== undefined) this.#parts.share?.(asked, kept.hot);
    if (kept !== undefined) return this.#tell(asked, kept, limit);
    const forwarded = this.ask(asked.message);
    if (!(forwarded instanceof Promise)) return this.#tell(asked, forwarded, limit);
    const query = this.copy(asked);
    return forwarded.then((late) => this.#tell(query, late, limit));
  }

  /** Adds what `resolution.outside` leads to to an alias; the alias stands alone when that cannot be learned. */
  async complete(asked: Query, domain: Domain, resolution: Resolution, limit: number): Promise<Answered> {
    const query = this.copy(asked);
    const target = resolution.outside ?? '';
    const told = isName(target) ? await this.ask(makeQuery(target, query.type, query.id)) : NOT_ASKED;
    const foreign = told.reply === undefined ? undefined : readAnswer(told.reply);
    const known = foreign?.rcode === RCODE.NOERROR || foreign?.rcode === RCODE.NXDOMAIN ? foreign : undefined;
    // RFC 6604: the rcode is that of the last name in the chain.
    const chain = {
      answers: [...resolution.answers, ...(known?.answers ?? [])],
      rcode: known?.rcode,
      error: known === undefined ? { ...NO_UPSTREAM, text: `${target} could not be resolved` } : undefined,
      truncated: known?.truncated,
    };
    return { reply: this.chain(query, domain, chain, limit), step: 'zone', upstream: told.upstream };
  }

  /** The reply that is made of an alias for the asked name and what it leads to. */
  chain(query: Query, domain: Domain, chain: Chain, limit: number): Uint8Array {
    const { answers, writer, forwarder } = this.#parts;
    const { rcode = RCODE.NOERROR, error } = chain;
    const resolution = { ...found({ answers: chain.answers, additional: [] }), rcode, error };
    const ready = emptyReady();
    answers.lay(query, [...labelsBelow(query, domain), domain.name].join('.'), resolution, ready);
    const recursion = (query.flags & FLAG.RD) !== 0 && forwarder?.recursive === true ? FLAG.RA : 0;
    const cut = chain.truncated === true ? FLAG.TC : 0;
    return writer.write(query, ready, { flags: FLAG.AA | recursion | cut, soa: undefined, zoneAt: 0 }, limit);
  }

  /** What is known elsewhere; at once where it need not be asked. */
  ask(query: Uint8Array): Forwarded | Promise<Forwarded> {
    const { forwarder } = this.#parts;
    if (forwarder === undefined) return NOT_ASKED;
    if (this.#waiting >= MAX_WAITING) return TOO_MANY;
    const forwarded = forwarder.forward(query);
    if (!(forwarded instanceof Promise)) return forwarded;
    this.#waiting++;
    return forwarded.finally(() => {
      this.#waiting--;
    });
  }

  #tell(query: Query, forwarded: Forwarded, limit: number): Answered {
    const { step, upstream, error } = forwarded;
    const reply = forwarded.reply === undefined ? undefined : withOpt(query, forwarded.reply, error, limit);
    return { reply: reply ?? this.failure(query, error, limit), step, upstream };
  }

  /** SERVFAIL and never REFUSED: musl's resolver does not hear the latter, and waits for five seconds. */
  failure(query: Query, error: ExtendedError | undefined, limit: number): Uint8Array {
    const recursion = (query.flags & FLAG.RD) === 0 ? 0 : FLAG.RA;
    const verdict = { flags: recursion, soa: undefined, zoneAt: 0 };
    return this.#parts.writer.write(query, emptyReady(RCODE.SERVFAIL, error ?? NO_UPSTREAM), verdict, limit);
  }

  /** The query as one that outlives the packet it came in. */
  copy(asked: Query): Query {
    const query = new Query(this.#parts.seed);
    query.read(asked.message.slice());
    return query;
  }
}

const NO_UPSTREAM: ExtendedError = {
  code: EDE.NO_REACHABLE_AUTHORITY,
  text: 'no upstream server answered in time',
};

const NOT_ASKED: Forwarded = { reply: undefined, step: 'refused', upstream: '', error: undefined };
const TOO_MANY: Forwarded = { reply: undefined, step: 'busy', upstream: '', error: undefined };

/** The reply with our own OPT record if the client sent one: OPT is hop by hop (RFC 6891 section 6.1.1). */
function withOpt(
  query: Query,
  reply: Uint8Array,
  error: ExtendedError | undefined,
  limit: number,
): Uint8Array | undefined {
  const { edns, message } = query;
  if (!edns.present) return reply.length <= limit ? reply : fitReply(reply, limit, undefined);
  const why = error === undefined ? NO_OCTETS : encodeError(error);
  const size = reply.length + optSize(message, edns) + why.length;
  if (size > limit) return fitReply(reply, limit, bareOpt(query));
  const out = Buffer.allocUnsafe(size);
  out.set(reply);
  const end = writeOpt(out, reply.length, message, edns, 0, true);
  out.set(why, end);
  // The length of the options is the last field before them.
  const lengthAt = reply.length + OPT_SIZE - 2;
  putU16(out, lengthAt, u16(out, lengthAt) + why.length);
  putU16(out, 10, u16(reply, 10) + 1);
  return out;
}

/** What a client wants echoed, and what is only told besides, must not push its answer out. */
function bareOpt({ message, edns }: Query): Uint8Array {
  const opt = new Uint8Array(OPT_SIZE);
  writeOpt(opt, 0, message, edns, 0, false);
  return opt;
}

const NO_OCTETS = new Uint8Array(0);
