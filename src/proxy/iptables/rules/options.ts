/** What the rules of every Service depend on besides the Service. */
import { contains } from '../../../net/cidr.ts';
import type { Family } from '../../../net/ip.ts';
import type { ProxySettings } from '../../settings.ts';
import type { PortPlan } from '../../plan/servicePlan.ts';
import { type LocalTraffic, localTraffic } from './localTraffic.ts';

export interface RuleOptions {
  readonly family: Family;
  readonly masqueradeAll: boolean;
  /** One bit of the packet mark: masquerade this connection. */
  readonly mark: number;
  /** How pod traffic looks; `undefined` when we were not told, and then nothing depends on it. */
  readonly localTraffic: LocalTraffic | undefined;
  /** NodePorts answer on 127.0.0.1 too. */
  readonly localhostNodePorts: boolean;
  /** Name the Service and endpoint in the rules of each endpoint. */
  readonly endpointComments: boolean;
  /** The kernel can remember sources (xt_recent), which sessionAffinity needs. */
  readonly affinity: boolean;
  readonly randomFully: boolean;
  readonly relay: RelayLookup;
  /** Where relays of this machine listen; `undefined` as long as none does. */
  readonly relayAddress: string | undefined;
  /** Drop packets that connection tracking calls INVALID: an answer that slipped past NAT resets connections. */
  readonly dropInvalid: boolean;
}

/** Which of a port's endpoints traffic may use: those of policy Cluster, or those of policy Local. */
export type Reach = 'cluster' | 'local';

/** Where packets of a port are relayed, `10.0.0.1:80` or `[fd00::1]:80`; `undefined`: the kernel routes them. */
export type RelayLookup = (plan: PortPlan, family: Family, reach: Reach) => string | undefined;

/** What rules must know of relays. */
export interface RelayRules {
  readonly lookup: RelayLookup;
  /** This machine's address that they listen on; `undefined` as long as none ever did. */
  readonly listenAddress: (family: Family) => string | undefined;
}

export const NO_RELAYS: RelayRules = { lookup: () => undefined, listenAddress: () => undefined };

/** What the machine can do; all of it is assumed until the machine refuses. */
export interface Capabilities {
  readonly affinity: boolean;
  readonly randomFully: boolean;
  readonly dropInvalid: boolean;
}

export const ALL_CAPABILITIES: Capabilities = { affinity: true, randomFully: true, dropInvalid: true };

/** `podCIDRs` are this Node's. */
export function ruleOptions(
  settings: ProxySettings,
  family: Family,
  capabilities: Capabilities,
  endpointComments: boolean,
  podCIDRs: readonly string[] = [],
  relays: RelayRules = NO_RELAYS,
): RuleOptions {
  return {
    family,
    masqueradeAll: settings.masqueradeAll,
    // Unsigned: bit 31 would make a negative number.
    mark: (1 << settings.masqueradeBit) >>> 0,
    localTraffic: localTraffic(settings, family, podCIDRs),
    localhostNodePorts: localhostNodePorts(settings, family),
    endpointComments,
    relay: relays.lookup,
    relayAddress: relays.listenAddress(family),
    ...capabilities,
  };
}

/** IPv4 only: the kernel has no route_localnet for ::1. Off when the allowed addresses leave 127.0.0.0/8 out. */
export function localhostNodePorts(settings: ProxySettings, family: Family): boolean {
  if (family !== 'IPv4' || !settings.localhostNodePorts) return false;
  // A Node's address is never one of its loopback.
  if (settings.nodePortAddresses === 'primary') return false;
  const ranges = settings.nodePortAddresses.filter((range) => range.family === family);
  return (
    ranges.length === 0 ||
    ranges.some((range) => contains(range, '127.0.0.0') || range.text.startsWith('127.'))
  );
}
