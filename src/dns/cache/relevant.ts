/**
 * What of a reply answers its question. A server may say more, and a forger would: whatever else stands in a reply is
 * neither kept nor told (RFC 2181 section 5.4.1, RFC 5452 section 6).
 */
import { BodyBuilder } from '../wire/builder.ts';
import { CLASS, FLAG, HEADER_SIZE, RCODE, TYPE } from '../wire/codes.ts';
import { type Layout, layoutOf, putU16, type RecordSpan, u16 } from '../wire/layout.ts';
import { readName } from '../wire/name.ts';
import { freeRecord } from '../wire/rawRecords.ts';
import type { Rr } from '../wire/record.ts';

export interface RelevantReply {
  /** Without OPT: that belongs to one exchange, not to the answer (RFC 6891 section 6.2.1). */
  readonly message: Uint8Array;
  readonly layout: Layout;
  /** Records that did not belong there. OPT, and hints that any server adds, are not counted. */
  readonly dropped: number;
}

/** BIND follows 16 aliases; a longer chain is a mistake or a trap. */
const MAX_ALIASES = 16;

/** `undefined`: the reply contradicts itself. With `signed`, DNSSEC's records stay as well. */
export function relevantPart(
  message: Uint8Array,
  layout: Layout,
  signed: boolean,
): RelevantReply | undefined {
  const chosen = new Choice(message, layout, signed).choose();
  if (chosen === undefined) return undefined;
  const dropped = layout.records.filter(
    (record) => record.section === 'answer' && !chosen.includes(record),
  ).length;
  const reply = chosen.every((record, i) => record === layout.records[i])
    ? head(message, layout, chosen)
    : rebuilt(message, layout, chosen);
  const found = reply === undefined ? undefined : layoutOf(reply);
  return reply === undefined || found === undefined ? undefined : { message: reply, layout: found, dropped };
}

class Choice {
  readonly #message: Uint8Array;
  readonly #layout: Layout;
  readonly #signed: boolean;
  readonly #owners = new Map<RecordSpan, string>();

  constructor(message: Uint8Array, layout: Layout, signed: boolean) {
    this.#message = message;
    this.#layout = layout;
    this.#signed = signed;
  }

  /** The records to keep, in the order to tell them: each alias before what it leads to. */
  choose(): RecordSpan[] | undefined {
    const rcode = u16(this.#message, 2) & 0x0f;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return [];
    const { type } = this.#layout.question;
    const kept: RecordSpan[] = [];
    let name = this.#nameAt(HEADER_SIZE);
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const own = this.#records('answer').filter((record) => this.#ownerOf(record) === name);
      const final = own.filter((record) => record.type === type || type === TYPE.ANY);
      if (final.length > 0) return [...kept, ...final, ...this.#signatures(own, type), ...this.#proofs()];
      const alias = own.find((record) => record.type === TYPE.CNAME);
      if (alias === undefined) return [...kept, ...this.#denial(name)];
      kept.push(...this.#redirections(name), alias, ...this.#signatures(own, TYPE.CNAME));
      name = this.#nameAt(alias.rdataAt);
    }
    return undefined;
  }

  /** Whoever denies a name must be responsible for it: the SOA is of a domain that it is in. */
  #denial(name: string): RecordSpan[] {
    const soa = this.#records('authority').find(
      (record) => record.type === TYPE.SOA && isIn(name, this.#ownerOf(record)),
    );
    return soa === undefined ? [] : [soa, ...this.#proofs()];
  }

  /** Proofs that a name, or a closer match to a wildcard, does not exist (RFC 4035 section 3.1.3). */
  #proofs(): RecordSpan[] {
    const isProof = ({ type }: RecordSpan): boolean =>
      type === TYPE.NSEC || type === TYPE.NSEC3 || type === TYPE.RRSIG;
    return this.#signed ? this.#records('authority').filter(isProof) : [];
  }

  /** The DNAME that an alias was made from, which is what is signed (RFC 6672 section 5.3.1). */
  #redirections(name: string): RecordSpan[] {
    if (!this.#signed) return [];
    const above = this.#records('answer').filter((record) => isIn(name, this.#ownerOf(record)));
    const found = above.filter((record) => record.type === TYPE.DNAME);
    return found.length === 0 ? [] : [...found, ...this.#signatures(above, TYPE.DNAME)];
  }

  #signatures(records: readonly RecordSpan[], covered: number): RecordSpan[] {
    if (!this.#signed || covered === TYPE.ANY) return [];
    return records.filter(
      (record) => record.type === TYPE.RRSIG && u16(this.#message, record.rdataAt) === covered,
    );
  }

  #records(section: RecordSpan['section']): RecordSpan[] {
    return this.#layout.records.filter(
      (record) => record.section === section && record.class === CLASS.IN && record.type !== TYPE.OPT,
    );
  }

  #ownerOf(record: RecordSpan): string {
    const known = this.#owners.get(record) ?? this.#nameAt(record.at);
    this.#owners.set(record, known);
    return known;
  }

  #nameAt(at: number): string {
    return readName(this.#message, at, this.#message.length)?.toLowerCase() ?? '';
  }
}

/** The reply up to the last chosen record, where the others all follow it: what comes later can be cut off. */
function head(message: Uint8Array, layout: Layout, chosen: readonly RecordSpan[]): Uint8Array {
  const reply = Uint8Array.from(message.subarray(0, chosen.at(-1)?.end ?? layout.question.end));
  putCounts(reply, chosen);
  return reply;
}

/** Records cannot be moved on the wire, as names in them are pointers to others: they are written anew. */
function rebuilt(message: Uint8Array, layout: Layout, chosen: readonly RecordSpan[]): Uint8Array | undefined {
  const question = readName(message, HEADER_SIZE, message.length)?.toLowerCase();
  const records = chosen.map((span) => ({ span, record: freeRecord(message, span) }));
  const free = (section: RecordSpan['section']): Rr[] =>
    records.flatMap(({ span, record }) => (span.section === section && record !== undefined ? [record] : []));
  if (question === undefined || records.some(({ record }) => record === undefined)) return undefined;
  const body = new BodyBuilder().build(question, layout.question.nameEnd - HEADER_SIZE, {
    answers: free('answer'),
    authority: free('authority'),
    additional: [],
  });
  const reply = new Uint8Array(layout.question.end + body.bytes.length);
  reply.set(message.subarray(0, layout.question.end));
  reply.set(body.bytes, layout.question.end);
  putCounts(reply, chosen);
  if (!body.whole) putU16(reply, 2, u16(reply, 2) | FLAG.TC);
  return reply;
}

function putCounts(reply: Uint8Array, chosen: readonly RecordSpan[]): void {
  const answers = chosen.filter(({ section }) => section === 'answer').length;
  putU16(reply, 6, answers);
  putU16(reply, 8, chosen.length - answers);
  putU16(reply, 10, 0);
}

/** Both in master-file text, where a dot behind a backslash is part of a label. */
function isIn(name: string, domain: string): boolean {
  if (domain === '' || name === domain) return true;
  return name.endsWith(`.${domain}`) && name.at(-domain.length - 2) !== '\\';
}
