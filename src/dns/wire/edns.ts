/** The OPT record (RFC 6891) of a query, and of the reply to it. */
import { OPTION, TYPE } from './codes.ts';
import { u16, putU16 } from './layout.ts';

/** Size that we tell clients we take: what passes every path unfragmented (DNS flag day 2020). */
export const OWN_UDP_SIZE = 1232;
/** Root owner, type, class, TTL and length: an OPT record without options. */
export const OPT_SIZE = 11;

const DO = 0x8000;

export interface Edns {
  present: boolean;
  /** What the client can take by UDP, at least 512 whatever it says (RFC 6891 section 6.2.3). */
  udpSize: number;
  version: number;
  dnssecOk: boolean;
  optionsAt: number;
  optionsEnd: number;
}

/** Extended DNS Error (RFC 8914): why an answer is what it is. */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

/** Reads the OPT record whose class field is at `at`; its options must be well-formed, and end at `end`. */
export function readOpt(message: Uint8Array, at: number, end: number, into: Edns): boolean {
  into.present = true;
  into.udpSize = Math.max(512, u16(message, at));
  into.version = message[at + 3] ?? 0;
  into.dnssecOk = (u16(message, at + 4) & DO) !== 0;
  into.optionsAt = at + 8;
  into.optionsEnd = end;
  let pos = into.optionsAt;
  while (pos < end) {
    if (pos + 4 > end) return false;
    pos += 4 + u16(message, pos + 2);
  }
  return pos === end;
}

/** The option that tells an error. */
export function encodeError({ code, text }: ExtendedError): Uint8Array {
  const octets = Buffer.from(text);
  const option = new Uint8Array(6 + octets.length);
  putU16(option, 0, OPTION.EDE);
  putU16(option, 2, 2 + octets.length);
  putU16(option, 4, code);
  option.set(octets, 6);
  return option;
}

/** Octets of the OPT record that `writeOpt` would write. */
export function optSize(query: Uint8Array, edns: Edns): number {
  let size = OPT_SIZE;
  for (let pos = edns.optionsAt; pos < edns.optionsEnd; pos = optionEnd(query, pos)) {
    if (isEchoed(u16(query, pos))) size += optionEnd(query, pos) - pos;
  }
  return size;
}

/** Writes the reply's OPT record at `at`, with the options to echo if `echo`; returns the offset after it. */
export function writeOpt(
  out: Uint8Array,
  at: number,
  query: Uint8Array,
  edns: Edns,
  rcode: number,
  echo: boolean,
): number {
  out[at] = 0;
  putU16(out, at + 1, TYPE.OPT);
  putU16(out, at + 3, OWN_UDP_SIZE);
  out[at + 5] = rcode >> 4;
  out[at + 6] = 0;
  putU16(out, at + 7, edns.dnssecOk ? DO : 0);
  let end = at + OPT_SIZE;
  const last = echo ? edns.optionsEnd : 0;
  for (let pos = edns.optionsAt; pos < last; pos = optionEnd(query, pos)) {
    if (!isEchoed(u16(query, pos))) continue;
    const next = optionEnd(query, pos);
    for (let i = pos; i < next; i++) out[end++] = query[i] ?? 0;
  }
  putU16(out, at + 9, end - at - OPT_SIZE);
  return end;
}

function optionEnd(query: Uint8Array, at: number): number {
  return at + 4 + u16(query, at + 2);
}

/** Options that clients expect back as they sent them. */
function isEchoed(code: number): boolean {
  switch (code) {
    case OPTION.NSID:
    case OPTION.EXPIRE:
    case OPTION.KEEPALIVE:
    case OPTION.PADDING:
      return true;
    default:
      return false;
  }
}
