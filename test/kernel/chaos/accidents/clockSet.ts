/** Somebody sets the node's clock, by hours, forward and back: it costs nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../../agentWorld.ts';
import { leases } from '../../dnsObjects.ts';
import { type Accident, isReached, metric } from '../accident.ts';
import type { ClusterNode } from '../cluster.ts';

/** Longer than a lease that nobody renews. */
const A_WHILE_MS = 3_500;
const HOUR_MS = 3_600_000;

export const clockSet: Accident = {
  name: 'a clock that is set',
  modes: ['iptables', 'userspace'],
  async befall(cluster, node) {
    for (const fast of [true, false]) {
      node.kubelet.signal('SIGUSR2');
      await until(async () => {
        const byMs = await offset(node);
        return fast ? byMs > 2 * HOUR_MS : byMs < -2 * HOUR_MS;
      });
      await Promise.all([isReached(cluster.create(), [node]), sleep(A_WHILE_MS)]);
      await until(async () => {
        const { ready, dns } = await node.world.status();
        return ready === true && dns?.lease === 'held' && (await leases(node.world.node)).length > 0;
      });
      // An alert goes by this one.
      const silent = await metric(node, 'fairlead_source_silent_seconds{kind="Service"}');
      expect(silent).toBeGreaterThanOrEqual(0);
      expect(silent).toBeLessThan(HOUR_MS / 1000);
    }
  },
};

/** How far the agent's clock is from ours. */
async function offset({ world }: ClusterNode): Promise<number> {
  const { stdout } = await world.node.run('curl', '-s', 'http://127.0.0.1:10256/healthz');
  const { currentTime } = JSON.parse(stdout || '{}') as { readonly currentTime?: string };
  return Date.parse(currentTime ?? '') - Date.now();
}
