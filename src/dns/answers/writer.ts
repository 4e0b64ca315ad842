/** Writes replies: a ready answer, the client's question, and what its size allows. */
import { FLAG, HEADER_SIZE, TYPE } from '../wire/codes.ts';
import { OPT_SIZE, optSize, writeOpt } from '../wire/edns.ts';
import { fitReply } from '../wire/fit.ts';
import { putU16, u16 } from '../wire/layout.ts';
import { skipName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import type { Soa } from '../wire/record.ts';
import { putHead, putSoa, SOA_SIZE } from '../wire/reply.ts';
import { Order } from './order.ts';
import type { Ready } from './ready.ts';

/** What is said besides what is ready. */
export interface Verdict {
  /** AA and RA. */
  readonly flags: number;
  /** The SOA of a denial. */
  readonly soa: Soa | undefined;
  /** Where the zone's name begins in the question's name. */
  readonly zoneAt: number;
}

/** Up to so many octets a loop is quicker than a view and a copy. */
const SHORT = 128;

export class ReplyWriter {
  readonly order: Order;

  constructor(random: () => number) {
    this.order = new Order(random);
  }

  /** The reply in memory of its own, at most `limit` octets. */
  write(query: Query, ready: Ready, verdict: Verdict, limit: number): Uint8Array {
    const opt = query.edns.present ? optSize(query.message, query.edns) + ready.errorLength : 0;
    const body = verdict.soa === undefined ? ready.length : SOA_SIZE;
    const out = Buffer.allocUnsafe(Math.min(limit, query.questionEnd + body + opt));
    const length = this.writeInto(out, query, ready, verdict, limit);
    return length === out.length ? out : out.subarray(0, length);
  }

  /** Writes the reply to the beginning of `out`; returns its octets, at most `limit`. */
  writeInto(out: Uint8Array, query: Query, ready: Ready, verdict: Verdict, limit: number): number {
    const { edns } = query;
    const end = query.questionEnd + (verdict.soa === undefined ? ready.length : SOA_SIZE);
    let opt = edns.present ? optSize(query.message, edns) : 0;
    // Records come before what is only told besides them.
    const tells = edns.present && end + opt + ready.errorLength <= limit;
    const echoes = tells || end + opt <= limit;
    if (!echoes) opt = edns.present ? OPT_SIZE : 0;
    if (end + opt > limit) return this.#writeSome(out, query, ready, verdict, limit, opt);
    this.#putAll(out, query, ready, verdict, opt > 0);
    if (ready.spelled) respell(out, query, ready, verdict.zoneAt);
    if (opt === 0) return end;
    const optEnd = writeOpt(out, end, query.message, edns, ready.rcode, echoes);
    return tells ? putError(out, end, optEnd, ready) : optEnd;
  }

  #putAll(out: Uint8Array, query: Query, ready: Ready, verdict: Verdict, opt: boolean): void {
    const { soa } = verdict;
    const at = query.questionEnd;
    const flags = verdict.flags | (ready.whole ? 0 : FLAG.TC);
    const additional = ready.additional + (opt ? 1 : 0);
    putHead(out, query, flags, ready.rcode, ready.answers, soa === undefined ? 0 : 1, additional);
    if (soa !== undefined) putSoa(out, at, verdict.zoneAt, soa, soa.minimum);
    else if (ready.stride > 0) {
      this.order.copy(out, at, ready.bytes, ready.start, ready.stride, ready.answers, ready.answers);
    } else copy(out, at, ready.bytes, ready.start, ready.length);
  }

  #writeSome(
    out: Uint8Array,
    query: Query,
    ready: Ready,
    verdict: Verdict,
    limit: number,
    opt: number,
  ): number {
    if (ready.stride > 0) return this.#writeAddresses(out, query, ready, verdict, limit, opt);
    const optBytes = new Uint8Array(opt);
    if (opt > 0) writeOpt(optBytes, 0, query.message, query.edns, ready.rcode, false);
    const all = new Uint8Array(query.questionEnd + Math.max(ready.length, SOA_SIZE));
    this.#putAll(all, query, ready, verdict, false);
    if (ready.spelled) respell(all, query, ready, verdict.zoneAt);
    const some = fitReply(all, limit, opt > 0 ? optBytes : undefined) ?? all.subarray(0, query.questionEnd);
    out.set(some);
    return some.length;
  }

  /** As many addresses as fit, any of them: clients without TCP must reach every endpoint in time. */
  #writeAddresses(
    out: Uint8Array,
    query: Query,
    ready: Ready,
    verdict: Verdict,
    limit: number,
    opt: number,
  ): number {
    const at = query.questionEnd;
    const fitting = Math.min(ready.answers, Math.floor((limit - at - opt) / ready.stride));
    const end = at + fitting * ready.stride;
    putHead(out, query, verdict.flags | FLAG.TC, ready.rcode, fitting, 0, opt > 0 ? 1 : 0);
    this.order.copy(out, at, ready.bytes, ready.start, ready.stride, ready.answers, fitting);
    return opt > 0 ? writeOpt(out, end, query.message, query.edns, ready.rcode, false) : end;
  }
}

/** Puts the option that tells the error behind the OPT record at `opt`, which ends at `at`. Returns its new end. */
function putError(out: Uint8Array, opt: number, at: number, ready: Ready): number {
  copy(out, at, ready.errorBytes, ready.errorAt, ready.errorLength);
  putU16(out, opt + 9, u16(out, opt + 9) + ready.errorLength);
  return at + ready.errorLength;
}

function copy(out: Uint8Array, at: number, from: Uint8Array, start: number, length: number): void {
  if (length > SHORT) out.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) out[at + i] = from[start + i] ?? 0;
}

/**
 * Gives SRV targets the client's spelling of the zone. Other names need not be touched: they end in pointers into
 * the question. Clients that spell at random to ward off forgeries look at it.
 */
function respell(out: Uint8Array, query: Query, ready: Ready, zoneAt: number): void {
  const { message, key, nameLength, questionEnd } = query;
  const from = HEADER_SIZE + zoneAt;
  const length = nameLength - zoneAt;
  if (same(message, from, key, zoneAt, length)) return;
  const end = questionEnd + ready.length;
  let at = questionEnd;
  for (let left = ready.answers + ready.additional; left > 0; left--) {
    const fixed = skipName(out, at, end);
    at = fixed + 10 + u16(out, fixed + 8);
    const start = at - length;
    if (u16(out, fixed) !== TYPE.SRV || start <= fixed + 10 || !same(out, start, key, zoneAt, length))
      continue;
    for (let i = 0; i < length; i++) out[start + i] = message[from + i] ?? 0;
  }
}

function same(a: Uint8Array, at: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[bAt + i]) return false;
  return true;
}
