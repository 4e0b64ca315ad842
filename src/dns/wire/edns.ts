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

/** Octets of the OPT record that `writeOpt` would write. */
export function optSize(query: Uint8Array, edns: Edns, error: ExtendedError | undefined): number {
  let size = OPT_SIZE;
  eachEchoed(query, edns, (start, end) => {
    size += end - start;
  });
  return size + (error === undefined ? 0 : 6 + Buffer.byteLength(error.text));
}

/** Writes the reply's OPT record at `at`; returns the offset after it. */
export function writeOpt(
  out: Uint8Array,
  at: number,
  query: Uint8Array,
  edns: Edns,
  rcode: number,
  error: ExtendedError | undefined,
): number {
  out[at] = 0;
  putU16(out, at + 1, TYPE.OPT);
  putU16(out, at + 3, OWN_UDP_SIZE);
  out[at + 5] = rcode >> 4;
  out[at + 6] = 0;
  putU16(out, at + 7, edns.dnssecOk ? DO : 0);
  let pos = at + OPT_SIZE;
  eachEchoed(query, edns, (start, end) => {
    out.set(query.subarray(start, end), pos);
    pos += end - start;
  });
  if (error !== undefined) {
    const text = Buffer.from(error.text);
    putU16(out, pos, OPTION.EDE);
    putU16(out, pos + 2, 2 + text.length);
    putU16(out, pos + 4, error.code);
    out.set(text, pos + 6);
    pos += 6 + text.length;
  }
  putU16(out, at + 9, pos - at - OPT_SIZE);
  return pos;
}

/** Options that clients expect back as they sent them. */
function eachEchoed(query: Uint8Array, edns: Edns, visit: (start: number, end: number) => void): void {
  let pos = edns.optionsAt;
  while (pos < edns.optionsEnd) {
    const code = u16(query, pos);
    const end = pos + 4 + u16(query, pos + 2);
    switch (code) {
      case OPTION.NSID:
      case OPTION.EXPIRE:
      case OPTION.KEEPALIVE:
      case OPTION.PADDING:
        visit(pos, end);
        break;
      default:
    }
    pos = end;
  }
}
