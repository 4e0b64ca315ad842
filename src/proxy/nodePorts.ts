/** On which of this machine's addresses NodePorts answer. */
import { type Cidr, contains, parseCidr } from '../net/cidr.ts';
import { type Family, familyOf } from '../net/ip.ts';
import type { NodePortRanges } from './settings.ts';

/** `all` local addresses, now and later, or exactly these. */
export type NodePortAddresses = 'all' | readonly string[];

/** A family without a range of its own is not restricted; neither is one whose ranges hold everything. */
export function restrictsNodePorts(allowed: NodePortRanges, family: Family): boolean {
  if (allowed === 'primary') return true;
  const ranges = allowed.filter((range) => range.family === family);
  return ranges.length > 0 && !ranges.some(zeroPrefix);
}

/**
 * `local` are this machine's addresses, `own` its Node's, primary first; both families in each. Loopback is left
 * out unless `localhost`: the kernel would not route what comes back.
 */
export function nodePortAddresses(
  allowed: NodePortRanges,
  family: Family,
  local: readonly string[],
  localhost: boolean,
  own: readonly string[] = [],
): NodePortAddresses {
  const ranges = allowed === 'primary' ? primaryRange(own, family) : allowed;
  if (!restrictsNodePorts(ranges, family)) return 'all';
  return local.filter(
    (address) =>
      familyOf(address) === family &&
      ranges.some((range) => contains(range, address)) &&
      (localhost || !isLoopback(address)),
  );
}

/** A family that the Node has no address of, or one of loopback, is not restricted, as in kube-proxy. */
function primaryRange(own: readonly string[], family: Family): readonly Cidr[] {
  const address = own.find((candidate) => familyOf(candidate) === family);
  if (address === undefined || isLoopback(address)) return [];
  const range = parseCidr(`${address}/${family === 'IPv4' ? 32 : 128}`);
  return range === undefined ? [] : [range];
}

function zeroPrefix(range: Cidr): boolean {
  return range.bits === 0;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
