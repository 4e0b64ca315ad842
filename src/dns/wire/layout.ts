/** Where things lie in a message, for those who patch it without decoding it. */
import { HEADER_SIZE } from './codes.ts';
import { skipName } from './name.ts';

export interface QuestionSpan {
  /** First octet after the question; the name begins at 12. */
  readonly end: number;
  readonly nameEnd: number;
  readonly type: number;
  readonly class: number;
}

export interface RecordSpan {
  readonly section: 'answer' | 'authority' | 'additional';
  /** First octet of the owner name. */
  readonly at: number;
  readonly type: number;
  readonly class: number;
  /** Where the four octets of the TTL begin. */
  readonly ttlAt: number;
  readonly ttl: number;
  readonly rdataAt: number;
  readonly end: number;
}

export interface Layout {
  readonly question: QuestionSpan;
  readonly records: readonly RecordSpan[];
}

/** The one question of a message; `undefined` unless there is exactly one, spelled out and whole. */
export function questionOf(message: Uint8Array): QuestionSpan | undefined {
  if (message.length < HEADER_SIZE || u16(message, 4) !== 1) return undefined;
  const nameEnd = skipName(message, HEADER_SIZE, message.length);
  if (nameEnd < 0 || nameEnd + 4 > message.length) return undefined;
  return { nameEnd, end: nameEnd + 4, type: u16(message, nameEnd), class: u16(message, nameEnd + 2) };
}

/** The question and every record that the header counts; `undefined` when any of it is cut short or malformed. */
export function layoutOf(message: Uint8Array): Layout | undefined {
  const question = questionOf(message);
  if (question === undefined) return undefined;
  const records: RecordSpan[] = [];
  let at = question.end;
  for (const [section, countAt] of SECTIONS) {
    for (let left = u16(message, countAt); left > 0; left--) {
      const record = recordAt(message, at, section);
      if (record === undefined) return undefined;
      records.push(record);
      at = record.end;
    }
  }
  return { question, records };
}

const SECTIONS = [
  ['answer', 6],
  ['authority', 8],
  ['additional', 10],
] as const;

function recordAt(message: Uint8Array, at: number, section: RecordSpan['section']): RecordSpan | undefined {
  const nameEnd = skipName(message, at, message.length);
  if (nameEnd < 0 || nameEnd + 10 > message.length) return undefined;
  const rdataAt = nameEnd + 10;
  const end = rdataAt + u16(message, nameEnd + 8);
  if (end > message.length) return undefined;
  return {
    section,
    at,
    type: u16(message, nameEnd),
    class: u16(message, nameEnd + 2),
    ttlAt: nameEnd + 4,
    ttl: ttlAt(message, nameEnd + 4),
    rdataAt,
    end,
  };
}

/** RFC 2181 section 8: a TTL with its highest bit set counts as zero. */
function ttlAt(message: Uint8Array, at: number): number {
  const ttl = u32(message, at);
  return ttl > 0x7fffffff ? 0 : ttl;
}

export function u16(message: Uint8Array, at: number): number {
  return ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0);
}

export function u32(message: Uint8Array, at: number): number {
  return u16(message, at) * 0x10000 + u16(message, at + 2);
}

export function putU16(message: Uint8Array, at: number, value: number): void {
  message[at] = value >> 8;
  message[at + 1] = value & 0xff;
}

export function putU32(message: Uint8Array, at: number, value: number): void {
  putU16(message, at, Math.floor(value / 0x10000));
  putU16(message, at + 2, value % 0x10000);
}
