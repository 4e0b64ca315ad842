/** What a query asks for, as far as forwarding and the cache must tell two queries apart. */
import { CLASS, FLAG, HEADER_SIZE, TYPE } from '../wire/codes.ts';
import { OPT_SIZE } from '../wire/edns.ts';
import { layoutOf, type QuestionSpan, questionOf, u16 } from '../wire/layout.ts';
import { LOWER } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';

/** What a reply is told to. */
export interface Client {
  /** The whole query as it sent it. */
  readonly message: Uint8Array;
  /** It wants to know whether the answer was validated (RFC 6840 section 5.8). */
  readonly authenticData: boolean;
}

export interface ForwardQuery extends Client {
  readonly question: QuestionSpan;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  /**
   * Equal for queries that any one reply satisfies: lower-cased name in wire form, type, class, DO and CD, an octet
   * a character. Answers with and without signatures are two things, and so are validated and unvalidated ones.
   */
  readonly key: string;
}

/** `undefined` for what no upstream server could be asked: not one question of class IN, or records cut short. */
export function readQuery(message: Uint8Array): ForwardQuery | undefined {
  const question = questionOf(message);
  if (question === undefined || question.class !== CLASS.IN) return undefined;
  const dnssecOk = readDnssecOk(message, question.end);
  if (dnssecOk === undefined) return undefined;
  const flags = u16(message, 2);
  const checkingDisabled = (flags & FLAG.CD) !== 0;
  return {
    message,
    question,
    recursionDesired: (flags & FLAG.RD) !== 0,
    authenticData: understandsAd(flags, dnssecOk),
    checkingDisabled,
    dnssecOk,
    key: keyOf(message, question, dnssecOk, checkingDisabled),
  };
}

/** Who sets DO, or AD alone, understands AD in a reply; others must not be shown it (RFC 6840 sections 5.7 and 5.8). */
export function understandsAd(flags: number, dnssecOk: boolean): boolean {
  return dnssecOk || (flags & FLAG.AD) !== 0;
}

/** The key that `readQuery` would find, for a query of class IN that is read already. */
export function keyOfQuery({ key, keyLength, flags, edns }: Query): string {
  const dnssecOk = edns.present && edns.dnssecOk;
  key[keyLength] = 0;
  key[keyLength + 1] = CLASS.IN;
  key[keyLength + 2] = (dnssecOk ? 2 : 0) | ((flags & FLAG.CD) === 0 ? 0 : 1);
  return key.toString('latin1', 0, keyLength + 3);
}

/** The part of a key that is the name. */
export function nameOfKey(query: ForwardQuery): string {
  return query.key.slice(0, query.question.nameEnd - HEADER_SIZE);
}

/** DO of the OPT record, false without one; `undefined` when the records are malformed. */
function readDnssecOk(message: Uint8Array, questionEnd: number): boolean | undefined {
  const others = u16(message, 6) + u16(message, 8);
  if (others + u16(message, 10) === 0) return false;
  if (others === 0 && u16(message, 10) === 1 && isOpt(message, questionEnd)) {
    return ((message[questionEnd + 7] ?? 0) & 0x80) !== 0;
  }
  const layout = layoutOf(message);
  if (layout === undefined) return undefined;
  const opt = layout.records.find((record) => record.section === 'additional' && record.type === TYPE.OPT);
  // Read from the octets: `ttl` is 0 for values that are no TTL, and this field is none.
  return opt !== undefined && ((message[opt.ttlAt + 2] ?? 0) & 0x80) !== 0;
}

/** Whether a whole OPT record stands there: alone behind the question it needs no list of records to be found. */
function isOpt(message: Uint8Array, at: number): boolean {
  const end = at + OPT_SIZE + u16(message, at + 9);
  return end <= message.length && message[at] === 0 && u16(message, at + 1) === TYPE.OPT;
}

function keyOf(message: Uint8Array, question: QuestionSpan, dnssecOk: boolean, cd: boolean): string {
  const { nameEnd, end } = question;
  const octets = Buffer.allocUnsafe(end - HEADER_SIZE + 1);
  // Lower-cases length octets too, none of which is a letter; type and class stay as they are.
  for (let i = HEADER_SIZE; i < nameEnd; i++) octets[i - HEADER_SIZE] = LOWER[message[i] ?? 0] ?? 0;
  for (let i = nameEnd; i < end; i++) octets[i - HEADER_SIZE] = message[i] ?? 0;
  octets[end - HEADER_SIZE] = (dnssecOk ? 2 : 0) | (cd ? 1 : 0);
  return octets.toString('latin1');
}
