import type { Family } from '../../net/ip.ts';

/** Where relays listen: addresses that no other host has (RFC 3927; RFC 4193), so that every port of theirs is free. */
export const RELAY_ADDRESSES: Readonly<Record<Family, string>> = {
  IPv4: '169.254.20.11',
  IPv6: 'fd66:6169:726c::11',
};
