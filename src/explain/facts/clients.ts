/** Who asks, as far as it makes a difference to rules. */
import type { Picture } from '../../catalog/picture.ts';
import type { ServiceEntry } from '../../catalog/picture.ts';
import { type Cidr, contains, parseCidr } from '../../net/cidr.ts';
import { bytesOf, type Family, familyOf, formatIP } from '../../net/ip.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { WayClient } from './facts.ts';
import type { Entrance } from './subject.ts';

/** Of nobody (RFC 5737, RFC 3849): they stand for all who are outside. */
export const STRANGER: Readonly<Record<Family, string>> = { IPv4: '192.0.2.1', IPv6: '2001:db8::1' };

export interface Whereabouts {
  readonly picture: Picture;
  /** This machine's, canonical. */
  readonly localAddresses: readonly string[];
  /** Of all pods of the cluster, as far as known. */
  readonly clusterCIDRs: readonly Cidr[];
}

/** Those who are asked for at an entrance: `from` alone where it is given, and of the same family. */
export function clientsOf(
  entrance: Entrance,
  plan: PortPlan,
  from: string | undefined,
  service: ServiceEntry,
  at: Whereabouts,
): readonly WayClient[] {
  const family = familyOf(plan.clusterIP);
  if (from !== undefined) {
    if (familyOf(from) !== family) return [];
    return [{ address: from, who: 'given', elsewhere: isElsewhere(from, at) }];
  }
  const pod = podOf(family, service, at);
  const node = at.picture.node?.addresses.find((address) => familyOf(address) === family);
  const own = clientsNamed('node', node);
  switch (entrance) {
    case 'clusterIP':
      return pod === undefined ? own : clientsNamed('pod', pod);
    case 'nodePort':
      return [...own, ...clientsNamed('outside', STRANGER[family])];
    case 'externalIP':
      return clientsNamed('outside', STRANGER[family]);
    case 'loadBalancer':
      return clientsNamed('outside', allowed(plan) ?? STRANGER[family]);
    default:
      return entrance satisfies never;
  }
}

function clientsNamed(who: WayClient['who'], address: string | undefined): readonly WayClient[] {
  return address === undefined ? [] : [{ address, who, elsewhere: false }];
}

/** An address that the source ranges let in: that others are kept out is what they are for. */
function allowed({ sourceRanges }: PortPlan): string | undefined {
  const [first] = sourceRanges;
  return first === undefined ? undefined : first.slice(0, first.indexOf('/'));
}

/**
 * Some pod of this node, best one that is no endpoint of the Service itself; else an address that a pod could have.
 */
function podOf(
  family: Family,
  except: ServiceEntry,
  { picture, localAddresses }: Whereabouts,
): string | undefined {
  const own = new Set(localEndpoints(except, family, localAddresses));
  for (const entry of picture.services.values()) {
    const found = localEndpoints(entry, family, localAddresses).find((address) => !own.has(address));
    if (found !== undefined) return found;
  }
  return fromRange(family, picture.node?.podCIDRs ?? []) ?? [...own][0];
}

function localEndpoints(
  { groups }: ServiceEntry,
  family: Family,
  localAddresses: readonly string[],
): readonly string[] {
  return groups
    .filter((group) => group.family === family)
    .flatMap((group) => group.endpoints)
    .filter(({ local, address }) => local && !localAddresses.includes(address))
    .map(({ address }) => address);
}

function fromRange(family: Family, podCIDRs: readonly string[]): string | undefined {
  const range = podCIDRs.flatMap((text) => parseCidr(text) ?? []).find((one) => one.family === family);
  if (range === undefined) return undefined;
  const bytes = bytesOf(range.text.slice(0, range.text.indexOf('/')));
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) | 2;
  const address = formatIP(bytes);
  return contains(range, address) ? address : undefined;
}

function isElsewhere(address: string, { picture, localAddresses, clusterCIDRs }: Whereabouts): boolean {
  if (localAddresses.includes(address) || !clusterCIDRs.some((range) => contains(range, address)))
    return false;
  const family = familyOf(address);
  const own = (picture.node?.podCIDRs ?? []).flatMap((text) => parseCidr(text) ?? []);
  const ranges = own.filter((range) => range.family === family);
  if (ranges.length > 0) return !ranges.some((range) => contains(range, address));
  // Without ranges of its own, only an endpoint says where it is.
  for (const { groups } of picture.services.values()) {
    for (const { endpoints } of groups) {
      const found = endpoints.find((one) => one.address === address);
      if (found !== undefined) return !found.local && found.nodeName !== '';
    }
  }
  return false;
}
