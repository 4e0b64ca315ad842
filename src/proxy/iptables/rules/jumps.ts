/** Jumps from the kernel's own chains into ours. */
import {
  EXTERNAL_SERVICES,
  FORWARD,
  KUBELET_FIREWALL,
  NODE_PORTS,
  POSTROUTING,
  PROXY_FIREWALL,
  SERVICES,
} from './names.ts';
import { comment, jump, type Match, type Rule, type Table } from './rule.ts';

export interface Jump {
  readonly table: Table;
  readonly from: string;
  readonly rule: Rule;
}

// Only the first packet of a connection can still carry a Service's address here: NAT rewrites the others.
const NEW: Match = { kind: 'state', states: ['NEW'] };

/**
 * In the order in which missing ones are put at the top of their chain, so a later one ends up above an earlier.
 * One that is there is never moved: other programs put rules of theirs above ours on purpose.
 */
export function jumps(localhostNodePorts: boolean): readonly Jump[] {
  const portals = comment('kubernetes service portals');
  const external = comment('kubernetes externally-visible service portals');
  const firewall = comment('kubernetes load balancer firewall');
  const kubelet = localhostNodePorts
    ? [of('filter', 'INPUT', [], KUBELET_FIREWALL), of('filter', 'OUTPUT', [], KUBELET_FIREWALL)]
    : [];
  return [
    of('filter', 'INPUT', [NEW, external], EXTERNAL_SERVICES),
    of('filter', 'FORWARD', [NEW, external], EXTERNAL_SERVICES),
    of('filter', 'INPUT', [comment('kubernetes health check service ports')], NODE_PORTS),
    of('filter', 'FORWARD', [NEW, portals], SERVICES),
    of('filter', 'OUTPUT', [NEW, portals], SERVICES),
    of('filter', 'FORWARD', [comment('kubernetes forwarding rules')], FORWARD),
    of('filter', 'INPUT', [NEW, firewall], PROXY_FIREWALL),
    of('filter', 'OUTPUT', [NEW, firewall], PROXY_FIREWALL),
    of('filter', 'FORWARD', [NEW, firewall], PROXY_FIREWALL),
    of('nat', 'OUTPUT', [portals], SERVICES),
    of('nat', 'PREROUTING', [portals], SERVICES),
    of('nat', 'POSTROUTING', [comment('kubernetes postrouting rules')], POSTROUTING),
    ...kubelet,
  ];
}

function of(table: Table, from: string, matches: readonly Match[], chain: string): Jump {
  return { table, from, rule: { matches, target: jump(chain) } };
}
