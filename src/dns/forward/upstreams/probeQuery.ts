/** The queries that we ask on our own behalf. */
import { type ForwardQuery, nameOfKey, readQuery } from '../../cache/query.ts';
import { HEADER_SIZE, TYPE } from '../../wire/codes.ts';
import { layoutOf, putU16 } from '../../wire/layout.ts';
import type { Random } from '../transport/upstreamQuery.ts';

/** `. NS`: every resolver has it at hand, so asking it costs nobody anything. */
export function rootQuery(): ForwardQuery {
  return plainQuery([], TYPE.NS);
}

/** A name that nobody but us can have asked for: if it comes back to us as a query, we are asking ourselves. */
export function loopQuery(random: Random): ForwardQuery {
  const hex = Buffer.from(random(16)).toString('hex');
  return plainQuery([hex.slice(0, 16), hex.slice(16)], TYPE.HINFO);
}

/** Whether it is such a query, of this agent or of another node's. */
export function isLoopQuery(query: ForwardQuery): boolean {
  // The length octet of both labels is 16.
  // oxlint-disable-next-line no-control-regex
  return query.question.type === TYPE.HINFO && /^\x10[0-9a-f]{16}\x10[0-9a-f]{16}\0$/.test(nameOfKey(query));
}

/** What an agent says to it, and no other server would: whoever hears it has asked the cluster's DNS. */
export function loopReply(query: ForwardQuery): Uint8Array {
  const { message, question } = query;
  const reply = new Uint8Array(question.end + 12 + LOOP.length);
  reply.set(message.subarray(0, question.end));
  // QR, AA, and RD as it was; RA; one question, one answer.
  reply.set([0x84 | ((message[2] ?? 0) & 0x01), 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2);
  putU16(reply, question.end, 0xc000 | HEADER_SIZE);
  putU16(reply, question.end + 2, TYPE.HINFO);
  putU16(reply, question.end + 4, question.class);
  putU16(reply, question.end + 10, LOOP.length);
  reply.set(LOOP, question.end + 12);
  return reply;
}

/** Whether it is what `loopReply` says; a server that has an address for every name says something else. */
export function isLoopReply(reply: Uint8Array): boolean {
  const records = layoutOf(reply)?.records ?? [];
  return records.some(
    ({ type, rdataAt, end }) => type === TYPE.HINFO && LOOP.equals(reply.subarray(rdataAt, end)),
  );
}

/** Two character-strings: a HINFO record's CPU and OS. */
const LOOP: Buffer = Buffer.from('\x08Fairlead\x04loop', 'latin1');

function plainQuery(labels: readonly string[], type: number): ForwardQuery {
  const name = labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  const message = Uint8Array.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 0, 0, 1]);
  putU16(message, message.length - 4, type);
  const query = readQuery(message);
  if (query === undefined) throw new Error('a query of our own making is malformed');
  return query;
}
