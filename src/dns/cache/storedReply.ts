/** An upstream server's reply, ready to be told again: to another client, spelled its way, some seconds older. */
import { HEADER_SIZE } from '../wire/codes.ts';
import { type Layout, putU32, u32 } from '../wire/layout.ts';
import { LOWER } from '../wire/name.ts';
import type { Client } from './query.ts';

export interface StoredReply {
  /** Without an OPT record. */
  readonly wire: Uint8Array;
  readonly questionEnd: number;
  readonly ttlOffsets: readonly number[];
  /** Owner names that spell the asked name out again. */
  readonly spellings: readonly number[];
}

const BIT_TC_AA_OPCODE = 0xfe;
const BIT_RD = 0x01;
const BIT_RA = 0x80;
const BIT_AD = 0x20;
const BIT_CD = 0x10;
const BITS_RCODE = 0x0f;

/** `message` is the reply's alone from here on. TTLs below `minTtl` seconds, but not 0, are raised to it. */
export function storeReply(message: Uint8Array, layout: Layout, minTtl: number): StoredReply {
  const { question, records } = layout;
  for (const { ttl, ttlAt } of records) {
    putU32(message, ttlAt, ttl === 0 ? 0 : Math.max(minTtl, ttl));
  }
  return {
    wire: message,
    questionEnd: question.end,
    ttlOffsets: records.map((record) => record.ttlAt),
    spellings: records
      .map((record) => record.at)
      .filter((at) => spellsQuestion(message, at, question.nameEnd)),
  };
}

/**
 * The reply to one client: its ID, its spelling of the name (a client that mixes case to make forging harder
 * checks it), and TTLs less `age` seconds, or all of them `ttl` where one is given.
 */
export function tellReply(stored: StoredReply, client: Client, age: number, ttl?: number): Uint8Array {
  const { wire, questionEnd } = stored;
  // From Buffer's pool: memory of its own would cost more than all the rest of a hit.
  const reply = Buffer.allocUnsafe(wire.length);
  reply.set(wire);
  address(reply, client, questionEnd);
  const query = client.message;
  const nameLength = questionEnd - 4 - HEADER_SIZE;
  for (const at of stored.spellings) {
    for (let i = 0; i < nameLength; i++) reply[at + i] = query[HEADER_SIZE + i] ?? 0;
  }
  if (ttl !== undefined) for (const at of stored.ttlOffsets) putU32(reply, at, ttl);
  else if (age > 0) {
    for (const at of stored.ttlOffsets) putU32(reply, at, Math.max(0, u32(wire, at) - age));
  }
  return reply;
}

/** Makes the beginning of a copied reply one to this client: ID, flags, and its spelling of the question. */
export function address(reply: Uint8Array, { message, authenticData }: Client, questionEnd: number): void {
  reply[0] = message[0] ?? 0;
  reply[1] = message[1] ?? 0;
  reply[2] = ((reply[2] ?? 0) & BIT_TC_AA_OPCODE) | ((message[2] ?? 0) & BIT_RD);
  const kept = BIT_RA | BITS_RCODE | (authenticData ? BIT_AD : 0);
  reply[3] = ((reply[3] ?? 0) & kept) | ((message[3] ?? 0) & BIT_CD);
  for (let i = HEADER_SIZE; i < questionEnd; i++) reply[i] = message[i] ?? 0;
}

/** Whether the name at `at` is the asked one in full, not by a pointer: it then has to be spelled anew each time. */
function spellsQuestion(message: Uint8Array, at: number, nameEnd: number): boolean {
  const length = nameEnd - HEADER_SIZE;
  for (let i = 0; i < length; i++) {
    if (LOWER[message[at + i] ?? 0] !== LOWER[message[HEADER_SIZE + i] ?? 0]) return false;
  }
  return true;
}
