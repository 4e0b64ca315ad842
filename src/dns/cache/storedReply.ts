/** An upstream server's reply, ready to be told again: to another client, spelled its way, some seconds older. */
import { HEADER_SIZE, TYPE } from '../wire/codes.ts';
import { type Layout, putU16, putU32, u16, u32 } from '../wire/layout.ts';
import { LOWER } from '../wire/name.ts';
import type { ForwardQuery } from './query.ts';

export interface StoredReply {
  /** The reply without its OPT record: that belongs to one exchange, not to the answer (RFC 6891 section 6.2.1). */
  readonly wire: Uint8Array;
  readonly questionEnd: number;
  readonly ttlOffsets: readonly number[];
  /** Owner names that spell the asked name out again. */
  readonly spellings: readonly number[];
  /** Upper eight bits of the 12-bit rcode. */
  readonly extendedRcode: number;
}

export const OPT_LENGTH = 11;
/** What we can take by UDP without fragments on any path (DNS Flag Day 2020). */
export const OWN_UDP_SIZE = 1232;

const BIT_TC_AA_OPCODE = 0xfe;
const BIT_RD = 0x01;
const BIT_RA = 0x80;
const BIT_AD = 0x20;
const BIT_CD = 0x10;
const BITS_RCODE = 0x0f;

export function storeReply(message: Uint8Array, layout: Layout): StoredReply {
  const { question, records } = layout;
  const optIndex = records.findIndex((record) => record.type === TYPE.OPT && record.section === 'additional');
  const opt = records[optIndex];
  // What follows OPT goes too: compressed names in it may point past the cut. Only TSIG usually stands there.
  const kept = opt === undefined ? records : records.slice(0, optIndex);
  const wire = message.slice(0, opt?.at ?? records.at(-1)?.end ?? question.end);
  putU16(wire, 10, kept.filter((record) => record.section === 'additional').length);
  return {
    wire,
    questionEnd: question.end,
    ttlOffsets: kept.filter((record) => record.type !== TYPE.OPT).map((record) => record.ttlAt),
    spellings: kept.map((record) => record.at).filter((at) => spellsQuestion(message, at, question.nameEnd)),
    extendedRcode: opt === undefined ? 0 : (message[opt.ttlAt] ?? 0),
  };
}

/**
 * The reply to one client: its ID, its spelling of the name (a client that mixes case to make forging harder
 * checks it), an OPT record if it sent one, and TTLs less `age` seconds.
 */
export function tellReply(stored: StoredReply, query: ForwardQuery, age: number): Uint8Array {
  const { wire, questionEnd } = stored;
  const reply = new Uint8Array(wire.length + (query.edns ? OPT_LENGTH : 0));
  reply.set(wire);
  reply[0] = query.message[0] ?? 0;
  reply[1] = query.message[1] ?? 0;
  reply[2] = ((wire[2] ?? 0) & BIT_TC_AA_OPCODE) | ((query.message[2] ?? 0) & BIT_RD);
  // RFC 6840 section 5.8: AD is for those who asked for it.
  const wantsAd = query.dnssecOk || query.authenticData;
  const kept = BIT_RA | BITS_RCODE | (wantsAd ? BIT_AD : 0);
  reply[3] = ((wire[3] ?? 0) & kept) | ((query.message[3] ?? 0) & BIT_CD);
  for (let i = HEADER_SIZE; i < questionEnd; i++) reply[i] = query.message[i] ?? 0;
  for (const at of stored.spellings) reply.copyWithin(at, HEADER_SIZE, questionEnd - 4);
  if (age > 0) for (const at of stored.ttlOffsets) putU32(reply, at, aged(u32(wire, at), age));
  if (query.edns) appendOpt(reply, wire.length, stored.extendedRcode, query.dnssecOk);
  return reply;
}

function aged(ttl: number, age: number): number {
  return ttl > 0x7fffffff ? 0 : Math.max(0, ttl - age);
}

function appendOpt(reply: Uint8Array, at: number, extendedRcode: number, dnssecOk: boolean): void {
  reply.set(optRecord(extendedRcode, dnssecOk), at);
  putU16(reply, 10, u16(reply, 10) + 1);
}

/** An OPT record without options (RFC 6891 section 6.1.2): root, type, our size, rcode, version 0, DO, length 0. */
export function optRecord(extendedRcode: number, dnssecOk: boolean): Uint8Array {
  return Uint8Array.of(
    0,
    0,
    TYPE.OPT,
    OWN_UDP_SIZE >> 8,
    OWN_UDP_SIZE & 0xff,
    extendedRcode,
    0,
    dnssecOk ? 0x80 : 0,
    0,
    0,
    0,
  );
}

/** Whether the name at `at` is the asked one in full, not by a pointer: it then has to be spelled anew each time. */
function spellsQuestion(message: Uint8Array, at: number, nameEnd: number): boolean {
  const length = nameEnd - HEADER_SIZE;
  for (let i = 0; i < length; i++) {
    if (LOWER[message[at + i] ?? 0] !== LOWER[message[HEADER_SIZE + i] ?? 0]) return false;
  }
  return true;
}
