/** On which of this machine's addresses NodePorts answer. */
import { type Cidr, contains } from '../net/cidr.ts';
import { type Family, familyOf } from '../net/ip.ts';

/** `all` local addresses, now and later, or exactly these. */
export type NodePortAddresses = 'all' | readonly string[];

/** A family without a range of its own is not restricted; neither is one whose ranges hold everything. */
export function restrictsNodePorts(allowed: readonly Cidr[], family: Family): boolean {
  const ranges = allowed.filter((range) => range.family === family);
  return ranges.length > 0 && !ranges.some(zeroPrefix);
}

/**
 * `local` are this machine's addresses, both families. Loopback is left out unless `localhost`: the kernel would
 * not route what comes back.
 */
export function nodePortAddresses(
  allowed: readonly Cidr[],
  family: Family,
  local: readonly string[],
  localhost: boolean,
): NodePortAddresses {
  if (!restrictsNodePorts(allowed, family)) return 'all';
  return local.filter(
    (address) =>
      familyOf(address) === family &&
      allowed.some((range) => contains(range, address)) &&
      (localhost || !isLoopback(address)),
  );
}

function zeroPrefix(range: Cidr): boolean {
  return range.bits === 0;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
