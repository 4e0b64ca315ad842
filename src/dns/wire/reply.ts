/** Header and question of a reply. */
import { CLASS, FLAG, HEADER_SIZE, RCODE, TYPE } from './codes.ts';
import { putU16, putU32 } from './layout.ts';
import type { Query } from './query.ts';
import type { Soa } from './record.ts';

/** Octets of the SOA record that `putSoa` writes. */
export const SOA_SIZE = 54;

/**
 * Writes the header, with the low four bits of `rcode`, and the question as the client spelled it. RD, CD and the
 * opcode come back as they were, except that an unreadable query is answered as a plain one.
 */
export function putHead(
  out: Uint8Array,
  query: Query,
  flags: number,
  rcode: number,
  answers: number,
  authority: number,
  additional: number,
): void {
  const kept = rcode === RCODE.FORMERR ? FLAG.RD | FLAG.CD : FLAG.RD | FLAG.CD | FLAG.OPCODE;
  putU16(out, 0, query.id);
  putU16(out, 2, FLAG.QR | (query.flags & kept) | flags | (rcode & 0xf));
  putU16(out, 4, query.nameLength === 0 ? 0 : 1);
  putU16(out, 6, answers);
  putU16(out, 8, authority);
  putU16(out, 10, additional);
  const end = query.questionEnd;
  for (let i = HEADER_SIZE; i < end; i++) out[i] = query.message[i] ?? 0;
}

/**
 * Writes the SOA record of a zone, all names ending in a pointer into the question's name, where the zone's begins
 * at `zoneAt`: so it comes back in the client's spelling.
 */
export function putSoa(out: Uint8Array, at: number, zoneAt: number, soa: Soa, ttl: number): void {
  const zone = 0xc000 | (HEADER_SIZE + zoneAt);
  putU16(out, at, zone);
  putU16(out, at + 2, TYPE.SOA);
  putU16(out, at + 4, CLASS.IN);
  putU32(out, at + 6, ttl);
  putU16(out, at + 10, SOA_SIZE - 12);
  out.set(NS_DNS, at + 12);
  putU16(out, at + 19, zone);
  out.set(HOSTMASTER, at + 21);
  putU16(out, at + 32, zone);
  putU32(out, at + 34, soa.serial);
  putU32(out, at + 38, soa.refresh);
  putU32(out, at + 42, soa.retry);
  putU32(out, at + 46, soa.expire);
  putU32(out, at + 50, soa.minimum);
}

const NS_DNS = Buffer.from('\x02ns\x03dns', 'latin1');
const HOSTMASTER = Buffer.from('\x0ahostmaster', 'latin1');
