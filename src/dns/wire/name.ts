/** Names on the wire (RFC 1035 section 3.1 and 4.1.4) and as text. */
import { HEADER_SIZE } from './codes.ts';

/** Octets of a name, the root's length octet included. */
const MAX_NAME = 255;
const MAX_LABEL = 63;
const MAX_POINTERS = 126;
const POINTER = 0xc0;

/** Lower case of each octet: only ASCII letters have one (RFC 4343). */
export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet,
);

/**
 * Offset after the name at `at`, or -1 when it is malformed or leaves `end`.
 *
 * A pointer must lead to before all that was read of the name, and behind the header: so no chain can loop, and
 * none can read flags as labels.
 */
export function skipName(message: Uint8Array, at: number, end: number): number {
  return walkName(message, at, end);
}

/** The name at `at` as text without a trailing dot (`''` is the root), or `undefined` when it is malformed. */
export function readName(message: Uint8Array, at: number, end: number): string | undefined {
  const labels: string[] = [];
  const octets = Buffer.from(message.buffer, message.byteOffset, message.length);
  const visit = (from: number, length: number): void => void labels.push(labelText(octets, from, length));
  return walkName(octets, at, end, visit) < 0 ? undefined : labels.join('.');
}

function walkName(
  message: Uint8Array,
  at: number,
  end: number,
  visit?: (at: number, length: number) => void,
): number {
  let next = -1;
  let octets = 1;
  let lowest = at;
  let pointers = 0;
  let pos = at;
  for (;;) {
    const length = message[pos];
    if (length === undefined || pos >= end) return -1;
    if (length === 0) return next < 0 ? pos + 1 : next;
    if (length >= POINTER) {
      const low = message[pos + 1];
      if (low === undefined || pos + 1 >= end) return -1;
      const target = ((length & 0x3f) << 8) | low;
      if (target >= lowest || target < HEADER_SIZE || ++pointers > MAX_POINTERS) return -1;
      if (next < 0) next = pos + 2;
      lowest = target;
      pos = target;
      continue;
    }
    octets += length + 1;
    if (length > MAX_LABEL || octets > MAX_NAME || pos + length >= end) return -1;
    visit?.(pos + 1, length);
    pos += length + 1;
  }
}

/** One label as master-file text: a dot or backslash in it is escaped, and what is not printable is `\DDD`. */
export function labelText(message: Buffer, at: number, length: number): string {
  for (let i = at; i < at + length; i++) {
    if (!isPlain(message[i] ?? 0)) return Array.from(message.subarray(at, at + length), escaped).join('');
  }
  return message.toString('latin1', at, at + length);
}

function isPlain(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f && octet !== 0x2e && octet !== 0x5c;
}

function escaped(octet: number): string {
  if (isPlain(octet)) return String.fromCharCode(octet);
  const printable = octet === 0x2e || octet === 0x5c;
  return `\\${printable ? String.fromCharCode(octet) : String(octet).padStart(3, '0')}`;
}

/** Whether a name in master-file text keeps to the limits of RFC 1035 section 2.3.4. */
export function isName(text: string): boolean {
  let octets = 1;
  for (const label of splitName(text)) {
    const size = labelSize(label);
    if (size === 1 || size > MAX_LABEL + 1) return false;
    octets += size;
  }
  return octets <= MAX_NAME;
}

/** Wire form of a name in master-file text that `isName` allows, uncompressed. */
export function encodeName(text: string): Uint8Array {
  const out = new Uint8Array(MAX_NAME);
  let at = 0;
  for (const label of splitName(text)) at = putLabel(out, at, label);
  return out.slice(0, at + 1);
}

/** Writes one label with its length; returns the offset after it. */
export function putLabel(out: Uint8Array, at: number, label: string): number {
  const octets = label.includes('\\') ? unescaped(label) : label;
  out[at] = octets.length;
  for (let i = 0; i < octets.length; i++) out[at + 1 + i] = octets.charCodeAt(i);
  return at + 1 + octets.length;
}

/** Octets that `putLabel` writes. */
export function labelSize(label: string): number {
  return 1 + (label.includes('\\') ? unescaped(label).length : label.length);
}

/** The leftmost label of a name in master-file text that has one, still escaped. */
export function firstLabel(text: string): string {
  if (text.includes('\\')) return splitName(text)[0] ?? '';
  const dot = text.indexOf('.');
  return dot < 0 ? text : text.slice(0, dot);
}

/** Labels of a name in master-file text, still escaped; a trailing dot is allowed. */
export function splitName(text: string): string[] {
  const absolute = text.endsWith('.') && !text.endsWith('\\.') ? text.slice(0, -1) : text;
  if (absolute === '') return [];
  return absolute.includes('\\') ? (absolute.match(/(?:[^.\\]|\\.)+/gs) ?? []) : absolute.split('.');
}

function unescaped(label: string): string {
  return label.replaceAll(/\\(\d{3}|.)/gs, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  );
}
