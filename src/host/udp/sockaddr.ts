/** struct sockaddr_in and sockaddr_in6, as 32-bit words: an address is copied word by word, without a view for each. */
import { bytesOf, formatIP } from '../../net/ip.ts';
import type { UdpPeer } from './udpIo.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** What sockaddr_in6 takes; the other takes the first 4 of them. */
export const SOCKADDR_WORDS = 7;
const SOCKADDR4_BYTES = 16;
const SOCKADDR6_BYTES = 28;

const SCOPE_WORD = 6;

export function sockaddrBytes(family: number): number {
  return family === AF_INET6 ? SOCKADDR6_BYTES : SOCKADDR4_BYTES;
}

/** Writes `peer` at word `at`. The zone of a link-local address must be a number, as `addressAt` writes it. */
export function putSockaddr(words: Uint32Array, at: number, peer: UdpPeer): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + 4 * at, 4 * SOCKADDR_WORDS).fill(0);
  const [address = '', zone = '0'] = peer.address.split('%');
  const octets = bytesOf(address);
  words[at] = octets.length === 4 ? AF_INET : AF_INET6;
  bytes[2] = peer.port >> 8;
  bytes[3] = peer.port;
  bytes.set(octets, octets.length === 4 ? 4 : 8);
  if (octets.length === 16) words[at + SCOPE_WORD] = Number(zone);
}

export function portAt(words: Uint32Array, at: number): number {
  // The family is the lower half; the port the upper, and in network order.
  const port = (words[at] ?? 0) >>> 16;
  return ((port & 0xff) << 8) | (port >> 8);
}

/** Canonical address, with the number of its zone where it is link-local: `fe80::1%2`. */
export function addressAt(words: Uint32Array, at: number): string {
  const start = words.byteOffset + 4 * at;
  if (((words[at] ?? 0) & 0xffff) === AF_INET) return formatIP(new Uint8Array(words.buffer, start + 4, 4));
  const zone = words[at + SCOPE_WORD] ?? 0;
  const address = formatIP(new Uint8Array(words.buffer, start + 8, 16));
  return zone === 0 ? address : `${address}%${zone}`;
}
