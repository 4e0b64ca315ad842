/** IP addresses as canonical text. Everything past `kube/` holds addresses in this form, so `===` compares them. */
import { isIP } from 'node:net';

export type Family = 'IPv4' | 'IPv6';

export const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];

const LEADING_ZEROS = /(^|[.:])0+(?=\d)/g;

/** Family of an address that `canonicalIP` made. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/**
 * Canonical text of an address: dotted decimal, or RFC 5952. `undefined` when it is none.
 *
 * Leading zeros in IPv4 octets are decimal, never octal, as Kubernetes' own sloppy parser reads objects that
 * older API servers let in. An IPv4-mapped IPv6 address is the IPv4 address, as Go's net.IP treats it. Zones
 * (`fe80::1%eth0`) are refused: no Kubernetes field may hold one.
 */
export function canonicalIP(text: string): string | undefined {
  const trimmed = text.includes(':') ? text : text.replace(LEADING_ZEROS, '$1');
  switch (isIP(trimmed)) {
    case 4:
      return trimmed;
    case 6:
      return trimmed.includes('%') ? undefined : formatIP(bytesOf6(trimmed));
    default:
      return undefined;
  }
}

/** Network-order bytes of a valid address: 4 or 16 of them. */
export function bytesOf(address: string): Uint8Array {
  return address.includes(':') ? bytesOf6(address) : bytesOf4(address);
}

/** Text of 4 or 16 network-order bytes; the inverse of `bytesOf` on canonical text. */
export function formatIP(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (isMapped(bytes)) return bytes.subarray(12).join('.');
  return format6(bytes);
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

function bytesOf4(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}

function bytesOf6(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const gap = address.indexOf('::');
  if (gap < 0) {
    bytes.set(groups(address));
    return bytes;
  }
  const tail = groups(address.slice(gap + 2));
  bytes.set(groups(address.slice(0, gap)));
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return [...bytesOf4(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function format6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const [start, length] = longestZeroRun(words);
  const hex = (part: number[]): string => part.map((word) => word.toString(16)).join(':');
  // RFC 5952 4.2.2: a single zero group is never shortened.
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

function longestZeroRun(words: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  words.forEach((word, i) => {
    if (word !== 0) start = i + 1;
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start];
  });
  return best;
}
