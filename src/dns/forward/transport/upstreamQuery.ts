/** The query that we send for a client, and whether what comes back answers it. */
import type { ForwardQuery } from '../../cache/query.ts';
import { HEADER_SIZE, TYPE } from '../../wire/codes.ts';
import { OPT_SIZE, OWN_UDP_SIZE } from '../../wire/edns.ts';
import { layoutOf, putU16, questionOf, u16 } from '../../wire/layout.ts';
import { LOWER } from '../../wire/name.ts';

/** Octets that nobody outside can guess. */
export type Random = (count: number) => Uint8Array;

export interface UpstreamQuery {
  readonly message: Uint8Array;
  /** First octet after the question. */
  readonly questionEnd: number;
}

/**
 * - `answer`: it is the reply.
 * - `otherCase`: ours but for the case of its letters: a server that does not keep case, or a guess that came close.
 * - `stray`: of another query, or forged, or garbage. The true reply may still come.
 */
export type Judgement = 'answer' | 'otherCase' | 'stray';

/**
 * A fresh query for the same question. Only the question and the flags that mean something to a resolver are
 * taken over: cookies and padding are between two neighbours, and a client subnet would make the answer
 * one client's own. AD is always asked for (RFC 6840 section 5.7), as the reply may be told to one who wants it.
 */
export function upstreamQuery(
  query: ForwardQuery,
  random: Random,
  options: { readonly edns: boolean; readonly mixCase: boolean },
): UpstreamQuery {
  const { end, nameEnd } = query.question;
  const message = new Uint8Array(end + (options.edns ? OPT_SIZE : 0));
  const letters = nameEnd - HEADER_SIZE;
  const secret = random(2 + (options.mixCase ? letters : 0));
  message.set(secret.subarray(0, 2));
  message[2] = query.recursionDesired ? 0x01 : 0;
  message[3] = 0x20 | (query.checkingDisabled ? 0x10 : 0);
  putU16(message, 4, 1);
  for (let i = 0; i < letters; i++) {
    const octet = LOWER[query.message[HEADER_SIZE + i] ?? 0] ?? 0;
    const raise = options.mixCase && octet >= 0x61 && octet <= 0x7a && ((secret[2 + i] ?? 0) & 1) === 1;
    message[HEADER_SIZE + i] = raise ? octet & ~0x20 : octet;
  }
  message.set(query.message.subarray(nameEnd, end), nameEnd);
  if (options.edns) {
    putU16(message, end + 1, TYPE.OPT);
    putU16(message, end + 3, OWN_UDP_SIZE);
    message[end + 7] = query.dnssecOk ? 0x80 : 0;
    putU16(message, 10, 1);
  }
  return { message, questionEnd: end };
}

/** Compares ID, direction, opcode and the question octet by octet (RFC 5452 section 9.1), then checks its form. */
export function judge(sent: UpstreamQuery, received: Uint8Array): Judgement {
  if (received.length < HEADER_SIZE || u16(received, 0) !== u16(sent.message, 0)) return 'stray';
  if (((received[2] ?? 0) & 0xf8) !== 0x80) return 'stray';
  const question = questionOf(received);
  if (question?.end !== sent.questionEnd) return 'stray';
  let same = true;
  for (let i = HEADER_SIZE; i < sent.questionEnd; i++) {
    const [a = 0, b = 0] = [sent.message[i], received[i]];
    if (a === b) continue;
    if (i >= question.nameEnd || LOWER[a] !== LOWER[b]) return 'stray';
    same = false;
  }
  const cut = ((received[2] ?? 0) & 0x02) !== 0;
  // A truncated reply may end in the middle of a record; it only sends us to TCP.
  if (!cut && layoutOf(received) === undefined) return 'stray';
  return same ? 'answer' : 'otherCase';
}
