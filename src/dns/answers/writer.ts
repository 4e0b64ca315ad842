/** Writes replies: a ready answer, the client's question, and what its size allows. */
import { FLAG, TYPE } from '../wire/codes.ts';
import { type Edns, type ExtendedError, OPT_SIZE, optSize, writeOpt } from '../wire/edns.ts';
import { fitReply } from '../wire/fit.ts';
import { layoutOf } from '../wire/layout.ts';
import type { Query } from '../wire/query.ts';
import type { Soa } from '../wire/record.ts';
import { putHead, putSoa, SOA_SIZE } from '../wire/reply.ts';
import { Order } from './order.ts';
import type { Ready } from './ready.ts';

/** What is said besides the records. */
export interface Verdict {
  readonly rcode: number;
  /** AA and RA. */
  readonly flags: number;
  readonly error: ExtendedError | undefined;
  /** The SOA of a denial. */
  readonly soa: Soa | undefined;
  /** Where the zone's name begins in the question's name. */
  readonly zoneAt: number;
}

export class ReplyWriter {
  readonly order: Order;

  constructor(random: () => number) {
    this.order = new Order(random);
  }

  /** The reply in memory of its own, at most `limit` octets. */
  write(query: Query, ready: Ready, verdict: Verdict, limit: number): Uint8Array {
    const { edns } = query;
    const recordsAt = query.questionEnd;
    const bodySize = verdict.soa === undefined ? ready.length : SOA_SIZE;
    let { error } = verdict;
    let opt = edns.present ? optSize(query.message, edns, error) : 0;
    if (recordsAt + bodySize + opt > limit) {
      // Records come before what is only told besides them.
      error = undefined;
      opt = edns.present ? OPT_SIZE : 0;
    }
    if (recordsAt + bodySize + opt > limit) return this.#writeSome(query, ready, verdict, limit, opt);
    const out = Buffer.allocUnsafe(recordsAt + bodySize + opt);
    this.#putAll(out, query, ready, verdict, opt > 0);
    if (opt > 0) {
      const bare = opt === OPT_SIZE ? withoutOptions(edns) : edns;
      writeOpt(out, recordsAt + bodySize, query.message, bare, verdict.rcode, error);
    }
    if (ready.spelled) respell(out, query, verdict.zoneAt);
    return out;
  }

  #putAll(out: Uint8Array, query: Query, ready: Ready, verdict: Verdict, opt: boolean): void {
    const { soa } = verdict;
    const at = query.questionEnd;
    const flags = verdict.flags | (ready.whole ? 0 : FLAG.TC);
    const additional = ready.additional + (opt ? 1 : 0);
    putHead(out, query, flags, verdict.rcode, ready.answers, soa === undefined ? 0 : 1, additional);
    if (soa !== undefined) putSoa(out, at, verdict.zoneAt, soa, soa.minimum);
    else if (ready.stride > 0) {
      this.order.copy(out, at, ready.bytes, ready.start, ready.stride, ready.answers, ready.answers);
    } else out.set(ready.bytes.subarray(ready.start, ready.start + ready.length), at);
  }

  #writeSome(query: Query, ready: Ready, verdict: Verdict, limit: number, opt: number): Uint8Array {
    const optBytes = new Uint8Array(opt);
    if (opt > 0) writeOpt(optBytes, 0, query.message, withoutOptions(query.edns), verdict.rcode, undefined);
    if (ready.stride > 0) return this.#writeAddresses(query, ready, verdict, limit, optBytes);
    const all = new Uint8Array(query.questionEnd + Math.max(ready.length, SOA_SIZE));
    this.#putAll(all, query, ready, verdict, false);
    if (ready.spelled) respell(all, query, verdict.zoneAt);
    return fitReply(all, limit, opt > 0 ? optBytes : undefined) ?? all.subarray(0, query.questionEnd);
  }

  /** As many addresses as fit, any of them: clients without TCP must reach every endpoint in time. */
  #writeAddresses(query: Query, ready: Ready, verdict: Verdict, limit: number, opt: Uint8Array): Uint8Array {
    const at = query.questionEnd;
    const fitting = Math.min(ready.answers, Math.floor((limit - at - opt.length) / ready.stride));
    const end = at + fitting * ready.stride;
    const out = Buffer.allocUnsafe(end + opt.length);
    putHead(out, query, verdict.flags | FLAG.TC, verdict.rcode, fitting, 0, opt.length > 0 ? 1 : 0);
    this.order.copy(out, at, ready.bytes, ready.start, ready.stride, ready.answers, fitting);
    out.set(opt, end);
    return out;
  }
}

function withoutOptions(edns: Edns): Edns {
  return edns.optionsEnd === edns.optionsAt ? edns : { ...edns, optionsEnd: edns.optionsAt };
}

/**
 * Gives SRV targets the client's spelling of the zone. Other names need not be touched: they end in pointers into
 * the question. Clients that spell at random to ward off forgeries look at it.
 */
function respell(out: Uint8Array, query: Query, zoneAt: number): void {
  const zone = query.message.subarray(12 + zoneAt, 12 + query.nameLength);
  const lower = query.key.subarray(zoneAt, query.nameLength);
  if (Buffer.compare(zone, lower) === 0) return;
  for (const record of layoutOf(out)?.records ?? []) {
    if (record.type !== TYPE.SRV) continue;
    const start = record.end - zone.length;
    if (start > record.rdataAt && Buffer.compare(out.subarray(start, record.end), lower) === 0) {
      out.set(zone, start);
    }
  }
}
