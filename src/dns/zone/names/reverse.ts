/** Addresses as names under `in-addr.arpa` and `ip6.arpa` (RFC 1035 section 3.5, RFC 3596 section 2.5). */
import { type Family, familyOf, formatIP } from '../../../net/ip.ts';

const OCTET = /^(0|[1-9]\d{0,2})$/;
const NIBBLE = /^[0-9a-f]$/;

/**
 * The canonical address that the labels left of the reverse domain spell, leftmost first; `undefined` when they
 * spell none. An IPv4-mapped address is not an IPv4 address here: its name is not the one that was registered.
 */
export function addressOfReverse(labels: readonly string[], family: Family): string | undefined {
  return family === 'IPv4' ? addressOf4(labels) : addressOf6(labels);
}

function addressOf4(labels: readonly string[]): string | undefined {
  const valid = labels.length === 4 && labels.every((label) => OCTET.test(label) && Number(label) <= 255);
  return valid ? labels.toReversed().join('.') : undefined;
}

function addressOf6(labels: readonly string[]): string | undefined {
  if (labels.length !== 32 || !labels.every((label) => NIBBLE.test(label))) return undefined;
  const address = formatIP(Uint8Array.from(Buffer.from(labels.toReversed().join(''), 'hex')));
  return familyOf(address) === 'IPv6' ? address : undefined;
}
