/** Connections to Service ports that connection tracking knows, by where they were led. */
import { messageOf } from '../../errors/caught.ts';
import type { Tracked } from '../../explain/facts/facts.ts';
import type { Family } from '../../net/ip.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { Connection, MachineView } from './view.ts';

/**
 * By plan, all of one family. `leadsTo`: where connections of a port may lead, `10.0.0.1:80`. A text says why they
 * cannot be told; empty where there is nobody to ask.
 */
export async function gatherTracked(
  family: Family,
  plans: readonly PortPlan[],
  leadsTo: (plan: PortPlan) => readonly string[],
  { connections }: MachineView,
): Promise<ReadonlyMap<PortPlan, Tracked | string>> {
  const found = new Map<PortPlan, Tracked | string>();
  if (connections === undefined) return found;
  // One reading for all ports: the table may hold a million connections.
  for (const protocol of ['TCP', 'UDP'] as const) {
    const counts = plans.filter((plan) => plan.protocol === protocol).map((plan) => new Counts(plan));
    if (counts.length === 0) continue;
    const wrong = await connections(family, protocol, (connection) => {
      for (const one of counts) one.see(connection);
    }).then(() => '', messageOf);
    for (const one of counts) found.set(one.plan, wrong === '' ? one.tracked(leadsTo(one.plan)) : wrong);
  }
  return found;
}

class Counts {
  readonly plan: PortPlan;
  readonly #addresses: ReadonlySet<string>;
  readonly #byEndpoint = new Map<string, number>();

  constructor(plan: PortPlan) {
    this.plan = plan;
    this.#addresses = new Set([plan.clusterIP, ...plan.externalIPs, ...plan.loadBalancerVIPs]);
  }

  see({ destination, destinationPort, replySource, replySourcePort }: Connection): void {
    const { port, nodePort } = this.plan;
    // By its number alone: a NodePort is asked for at any address of the node.
    const byNodePort = nodePort !== 0 && destinationPort === nodePort;
    if (!byNodePort && (destinationPort !== port || !this.#addresses.has(destination))) return;
    const endpoint = formatSocketAddress({ address: replySource, port: replySourcePort });
    this.#byEndpoint.set(endpoint, (this.#byEndpoint.get(endpoint) ?? 0) + 1);
  }

  tracked(leadsTo: readonly string[]): Tracked {
    const to = [...this.#byEndpoint]
      .map(([endpoint, count]) => ({ endpoint, count }))
      .sort((a, b) => b.count - a.count);
    const sum = (list: typeof to): number => list.reduce((total, { count }) => total + count, 0);
    return { total: sum(to), to, gone: sum(to.filter(({ endpoint }) => !leadsTo.includes(endpoint))) };
  }
}
