/** The name under which the owner of an address is looked up. */
import { bytesOf, canonicalIP, familyOf } from '../../net/ip.ts';

/**
 * `10.0.96.10.in-addr.arpa` for 10.96.0.10 (RFC 1035 section 3.5, RFC 3596 section 2.5); `undefined` when it is no
 * address.
 */
export function reverseName(text: string): string | undefined {
  const address = canonicalIP(text);
  if (address === undefined) return undefined;
  const bytes = [...bytesOf(address)].toReversed();
  if (familyOf(address) === 'IPv4') return `${bytes.join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte & 0x0f, byte >> 4]);
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}
