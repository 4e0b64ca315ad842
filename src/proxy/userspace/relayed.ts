/** Which ports of a Service are relayed on this node, and to which endpoints. Pure. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { PortEndpoint } from '../../catalog/portEndpoint.ts';
import type { Family } from '../../net/ip.ts';
import type { Mode } from '../backend.ts';
import type { Reach } from '../iptables/rules/options.ts';
import { type PlanNode, type PortPlan, planService } from '../plan/servicePlan.ts';
import type { RelayTargets } from './relay.ts';

/** What listens for one port, for those who may use one set of its endpoints. */
export interface Relayed {
  /** Says what it is for, and stays the same however often it is planned: its port is made from it. */
  readonly key: string;
  readonly family: Family;
  readonly protocol: 'TCP' | 'UDP';
  readonly targets: RelayTargets;
}

export function relayKey({ name, protocol }: PortPlan, family: Family, reach: Reach): string {
  return `${family} ${protocol} ${name} ${reach}`;
}

export interface RelayedBy {
  /** The node's; a Service may ask for another. */
  readonly mode: Mode;
  readonly node: PlanNode;
  readonly families: readonly Family[];
  /**
   * Never relayed: its rules are the way out for when this process is dead, and relays die with it.
   */
  readonly dnsService: string;
}

export function relayedPorts(
  entry: ServiceEntry,
  { mode, node, families, dnsService }: RelayedBy,
): readonly Relayed[] {
  const { key, mode: wanted } = entry.service;
  if ((wanted === '' ? mode : wanted) !== 'userspace' || key === dnsService) return [];
  return families.flatMap((family) =>
    planService(entry, family, node, dnsService).flatMap((plan) => relayedOf(plan, family)),
  );
}

function relayedOf(plan: PortPlan, family: Family): readonly Relayed[] {
  const { protocol } = plan;
  // SCTP associations name their addresses inside: the kernel can carry them, a relay cannot.
  if (protocol === 'SCTP') return [];
  const reaches: readonly (readonly [Reach, readonly PortEndpoint[]])[] = [
    ['cluster', plan.cluster],
    ['local', plan.local],
  ];
  return reaches
    .filter(([, endpoints]) => endpoints.length > 0)
    .map(([reach, endpoints]) => ({
      key: relayKey(plan, family, reach),
      family,
      protocol,
      targets: {
        name: plan.name,
        endpoints: endpoints.map(({ address, port, text }) => ({ address, port, text })),
        affinitySeconds: plan.affinitySeconds,
        proxyProtocol: plan.proxyProtocol,
      },
    }));
}
