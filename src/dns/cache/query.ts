/** What a query asks for, as far as forwarding and the cache must tell two queries apart. */
import { FLAG, HEADER_SIZE, TYPE } from '../wire/codes.ts';
import { layoutOf, type QuestionSpan, u16 } from '../wire/layout.ts';
import { LOWER } from '../wire/name.ts';

export interface ForwardQuery {
  /** The whole query as the client sent it. */
  readonly message: Uint8Array;
  readonly question: QuestionSpan;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** The client speaks EDNS, so the reply must have an OPT record (RFC 6891 section 6.1.1). */
  readonly edns: boolean;
  readonly dnssecOk: boolean;
  /**
   * Equal for queries that any one reply satisfies: lower-cased name, type, class, DO and CD. Answers with
   * and without signatures are two things, and so are validated and unvalidated ones.
   */
  readonly key: string;
}

/** Authentic data (RFC 6840 section 5.7). */
const AD = 0x0020;

/** `undefined` for what no upstream server could be asked: not one question, or records cut short. */
export function readQuery(message: Uint8Array): ForwardQuery | undefined {
  const layout = layoutOf(message);
  if (layout === undefined) return undefined;
  const flags = u16(message, 2);
  const opt = layout.records.find((record) => record.section === 'additional' && record.type === TYPE.OPT);
  const checkingDisabled = (flags & FLAG.CD) !== 0;
  // Read from the octets: `ttl` is 0 for values that are no TTL, and this field is none.
  const dnssecOk = opt !== undefined && ((message[opt.ttlAt + 2] ?? 0) & 0x80) !== 0;
  return {
    message,
    question: layout.question,
    recursionDesired: (flags & FLAG.RD) !== 0,
    authenticData: (flags & AD) !== 0,
    checkingDisabled,
    edns: opt !== undefined,
    dnssecOk,
    key: keyOf(message, layout.question, dnssecOk, checkingDisabled),
  };
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
