/** Queries that others must answer: names outside the cluster, and aliases that lead there. */
import { emptyReady, setError } from '../answers/ready.ts';
import { type Domain, labelsBelow } from '../answers/domains.ts';
import { EDE, FLAG, RCODE, TYPE } from '../wire/codes.ts';
import { type ExtendedError, optSize, writeOpt } from '../wire/edns.ts';
import { fitReply } from '../wire/fit.ts';
import { layoutOf } from '../wire/layout.ts';
import { isName } from '../wire/name.ts';
import { makeQuery, Query } from '../wire/query.ts';
import { readAnswer } from '../wire/rawRecords.ts';
import type { Resolution } from '../zone/resolution.ts';
import type { Parts } from './parts.ts';

/** Queries that may wait for others at once. More are turned away with SERVFAIL: stub resolvers then try again. */
const MAX_WAITING = 4096;

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

  /** Passes the query on, and the reply back, cut to `limit` octets. */
  async forward(asked: Query, limit: number): Promise<Uint8Array> {
    const query = this.#copy(asked);
    const reply = await this.#ask(query.message);
    const fitted = reply === undefined ? undefined : fitReply(reply, limit, ownOpt(query, reply, limit));
    return fitted ?? this.#failure(query, limit);
  }

  /** Adds what `resolution.outside` leads to to an alias; the alias stands alone when that cannot be learned. */
  async complete(asked: Query, domain: Domain, resolution: Resolution, limit: number): Promise<Uint8Array> {
    const query = this.#copy(asked);
    const { answers, writer, forwarder } = this.#parts;
    const target = resolution.outside ?? '';
    const reply = isName(target) ? await this.#ask(makeQuery(target, query.type, query.id)) : undefined;
    const foreign = reply === undefined ? undefined : readAnswer(reply);
    const known = foreign?.rcode === RCODE.NOERROR || foreign?.rcode === RCODE.NXDOMAIN ? foreign : undefined;
    const chain = { ...resolution, answers: [...resolution.answers, ...(known?.answers ?? [])] };
    const ready = emptyReady();
    answers.lay(query, [...labelsBelow(query, domain), domain.name].join('.'), chain, ready);
    const recursion = (query.flags & FLAG.RD) !== 0 && forwarder !== undefined ? FLAG.RA : 0;
    const cut = known?.truncated === true ? FLAG.TC : 0;
    // RFC 6604: the rcode is that of the last name in the chain.
    const rcode = known?.rcode ?? RCODE.NOERROR;
    ready.rcode = rcode;
    if (known === undefined) setError(ready, { ...NO_UPSTREAM, text: `${target} could not be resolved` });
    const verdict = { flags: FLAG.AA | recursion | cut, soa: undefined, zoneAt: 0 };
    return writer.write(query, ready, verdict, limit);
  }

  async #ask(query: Uint8Array): Promise<Uint8Array | undefined> {
    const { forwarder } = this.#parts;
    if (forwarder === undefined || this.#waiting >= MAX_WAITING) return undefined;
    this.#waiting++;
    try {
      return await forwarder.forward(query);
    } finally {
      this.#waiting--;
    }
  }

  /** SERVFAIL and never REFUSED: musl's resolver does not hear the latter, and waits for five seconds. */
  #failure(query: Query, limit: number): Uint8Array {
    const recursion = (query.flags & FLAG.RD) === 0 ? 0 : FLAG.RA;
    const verdict = { flags: recursion, soa: undefined, zoneAt: 0 };
    return this.#parts.writer.write(query, emptyReady(RCODE.SERVFAIL, NO_UPSTREAM), verdict, limit);
  }

  /** The query as one that outlives the packet it came in. */
  #copy(asked: Query): Query {
    const query = new Query(this.#parts.seed);
    query.read(asked.message.slice());
    return query;
  }
}

const NO_UPSTREAM: ExtendedError = {
  code: EDE.NO_REACHABLE_AUTHORITY,
  text: 'no upstream server answered in time',
};

/** OPT is between neighbours (RFC 6891 section 6.1.1): the client gets ours, if it sent one, with the upstream's rcode. */
function ownOpt(query: Query, reply: Uint8Array, limit: number): Uint8Array | undefined {
  if (!query.edns.present) return undefined;
  const upstream = layoutOf(reply)?.records.find((record) => record.type === TYPE.OPT);
  const rcode = upstream === undefined ? 0 : (reply[upstream.ttlAt] ?? 0) << 4;
  const size = optSize(query.message, query.edns);
  // What a client wants echoed must not push its answer out.
  const edns = size > limit / 2 ? { ...query.edns, optionsEnd: query.edns.optionsAt } : query.edns;
  const opt = new Uint8Array(optSize(query.message, edns));
  writeOpt(opt, 0, query.message, edns, rcode, true);
  return opt;
}
