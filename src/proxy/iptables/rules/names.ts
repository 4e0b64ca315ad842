/** Names of chains: kube-proxy's, so that other programs, and kube-proxy itself, find what they know. */
import { hash } from 'node:crypto';
import type { PortPlan } from '../../plan/servicePlan.ts';

export const SERVICES = 'KUBE-SERVICES';
export const NODE_PORTS = 'KUBE-NODEPORTS';
export const EXTERNAL_SERVICES = 'KUBE-EXTERNAL-SERVICES';
export const PROXY_FIREWALL = 'KUBE-PROXY-FIREWALL';
export const FORWARD = 'KUBE-FORWARD';
export const POSTROUTING = 'KUBE-POSTROUTING';
export const MARK_MASQ = 'KUBE-MARK-MASQ';
/** The kubelet's; it holds at most one rule of ours. */
export const KUBELET_FIREWALL = 'KUBE-FIREWALL';

/** For trying out rules: nothing ever jumps to it, and it does not stay. */
export const PROBE_CHAIN = 'KUBE-FAIRLEAD-PROBE';

/** Chains that Services share, ours alone. */
export const SHARED_CHAINS: ReadonlySet<string> = new Set([
  SERVICES,
  NODE_PORTS,
  EXTERNAL_SERVICES,
  PROXY_FIREWALL,
  FORWARD,
  POSTROUTING,
  MARK_MASQ,
]);

/** A chain comes before those that it jumps to. XLB is what EXT was called before Kubernetes 1.24. */
const SERVICE_PREFIXES = [
  'KUBE-SVC-TREE-',
  'KUBE-FW-',
  'KUBE-XLB-',
  'KUBE-EXT-',
  'KUBE-SVC-',
  'KUBE-SVL-',
  'KUBE-SEP-',
];

/**
 * Chains between KUBE-SERVICES and the Services of a large cluster. The prefix is one that kube-proxy takes for
 * its own: on the way back to it, it must be able to empty them, or their jumps would keep it from deleting the
 * chains of Services that are gone.
 */
const TREE_PREFIX = 'KUBE-SVC-TREE-';

/** Chains named after one Service port. */
export interface PortChains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

export function portChains(plan: PortPlan): PortChains {
  const id = nameHash(plan.name + plan.protocol.toLowerCase());
  return {
    cluster: `KUBE-SVC-${id}`,
    local: `KUBE-SVL-${id}`,
    external: `KUBE-EXT-${id}`,
    firewall: `KUBE-FW-${id}`,
  };
}

/** `endpoint` is `10.0.0.1:80` or `[fd00::1]:80`. */
export function endpointChain(plan: PortPlan, endpoint: string): string {
  return `KUBE-SEP-${nameHash(plan.name + plan.protocol.toLowerCase() + endpoint)}`;
}

/** `slot` says which part of the root chain's entries it holds. */
export function treeChain(root: string, slot: string): string {
  return TREE_PREFIX + nameHash(`${root}/${slot}`).slice(0, 12);
}

/** Whether a chain's name is one that only a Service proxy gives: such a chain may go when no Service needs it. */
export function isServiceChain(name: string): boolean {
  return name === PROBE_CHAIN || SERVICE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

export function isTreeChain(name: string): boolean {
  return name.startsWith(TREE_PREFIX);
}

/** Chains sorted so that none comes after one that it jumps to: in this order they can be deleted. */
export function inOrderOfDeletion(names: readonly string[]): readonly string[] {
  const rank = (name: string): number =>
    name === MARK_MASQ
      ? SERVICE_PREFIXES.length
      : SERVICE_PREFIXES.findIndex((prefix) => name.startsWith(prefix));
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** First 16 characters of the RFC 4648 base32 of a SHA-256: ten bytes, five bits a character. */
export function nameHash(text: string): string {
  const bytes = Buffer.from(hash('sha256', text, 'hex').slice(0, 20), 'hex');
  let out = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    out += BASE32[(pair >> (11 - (bit & 7))) & 31] ?? '';
  }
  return out;
}
