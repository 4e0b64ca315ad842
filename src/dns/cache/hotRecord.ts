/**
 * A kept reply as threads share it: flat octets, with all that telling it takes. In this order, big-endian:
 *
 *     64 bits each   when it was kept, from when on it is to be asked for anew, until when it may be told (milliseconds)
 *     16 bits each   how many TTLs, how many spelled owner names, octets of the reply
 *      8 bits each   1 for a denial; nothing
 *     16 bits each   offsets in the reply of those TTLs, then of those owner names
 *     the reply
 */
import { HEADER_SIZE } from '../wire/codes.ts';
import { putU16, putU32, u16, u32 } from '../wire/layout.ts';
import { address, type StoredReply } from './storedReply.ts';
import type { Client } from './query.ts';

const AT = { storedAt: 0, dueAt: 8, until: 16, ttls: 24, spellings: 26, length: 28, denial: 30 } as const;
const HEAD = 32;
const WORD = 0x1_0000_0000;

export interface HotReply {
  readonly reply: StoredReply;
  readonly denial: boolean;
  /** How often it was asked for since it was kept. */
  readonly hits: number;
  /** Milliseconds of the monotonic clock of whoever keeps it. */
  readonly storedAt: number;
  readonly dueAt: number;
  readonly until: number;
}

/** The octets of a record, for `tellHot` and the questions below. */
export function encodeHot({ reply, denial, storedAt, dueAt, until }: HotReply): Uint8Array {
  const { wire, ttlOffsets, spellings } = reply;
  const offsets = [...ttlOffsets, ...spellings];
  const octets = new Uint8Array(HEAD + 2 * offsets.length + wire.length);
  putTime(octets, AT.storedAt, storedAt);
  putTime(octets, AT.dueAt, dueAt);
  putTime(octets, AT.until, until);
  putU16(octets, AT.ttls, ttlOffsets.length);
  putU16(octets, AT.spellings, spellings.length);
  putU16(octets, AT.length, wire.length);
  octets[AT.denial] = denial ? 1 : 0;
  offsets.forEach((offset, i) => putU16(octets, HEAD + 2 * i, offset));
  octets.set(wire, HEAD + 2 * offsets.length);
  return octets;
}

/** Whether the reply in the record at `at` may be told now. */
export function isFresh(octets: Uint8Array, at: number, now: number): boolean {
  return now < timeAt(octets, at + AT.until);
}

/** Whether whoever keeps the reply should be asked for it, so that it is fetched anew in time. */
export function isDue(octets: Uint8Array, at: number, now: number): boolean {
  return now >= timeAt(octets, at + AT.dueAt);
}

/** Whether the record at `at` was made of this very reply. */
export function isOf(octets: Uint8Array, at: number, { storedAt }: HotReply): boolean {
  return timeAt(octets, at + AT.storedAt) === Math.floor(storedAt);
}

/** Whether the record at `at` says that there is nothing: counted apart from answers. */
export function isDenial(octets: Uint8Array, at: number): boolean {
  return octets[at + AT.denial] === 1;
}

/** Octets of the reply in the record at `at`. */
export function lengthOf(octets: Uint8Array, at: number): number {
  return u16(octets, at + AT.length);
}

/** Writes the reply to one client to the beginning of `out`, as `tellReply` would. */
export function tellHot(
  out: Uint8Array,
  octets: Uint8Array,
  at: number,
  client: Client,
  nameLength: number,
  now: number,
): void {
  const ttls = u16(octets, at + AT.ttls);
  const spellings = u16(octets, at + AT.spellings);
  const length = lengthOf(octets, at);
  const offsets = at + HEAD;
  const wire = offsets + 2 * (ttls + spellings);
  for (let i = 0; i < length; i++) out[i] = octets[wire + i] ?? 0;
  address(out, client, HEADER_SIZE + nameLength + 4);
  const age = Math.floor((now - timeAt(octets, at + AT.storedAt)) / 1000);
  for (let i = 0; i < ttls; i++) {
    const ttl = u16(octets, offsets + 2 * i);
    putU32(out, ttl, Math.max(0, u32(out, ttl) - age));
  }
  for (let i = ttls; i < ttls + spellings; i++) {
    const name = u16(octets, offsets + 2 * i);
    for (let k = 0; k < nameLength; k++) out[name + k] = client.message[HEADER_SIZE + k] ?? 0;
  }
}

function putTime(octets: Uint8Array, at: number, ms: number): void {
  const whole = Math.floor(ms);
  putU32(octets, at, Math.floor(whole / WORD));
  putU32(octets, at + 4, whole % WORD);
}

function timeAt(octets: Uint8Array, at: number): number {
  return u32(octets, at) * WORD + u32(octets, at + 4);
}
