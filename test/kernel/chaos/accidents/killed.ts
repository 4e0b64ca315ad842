/** SIGKILL: names are lost until an agent is back or the lease ends, and what the agent itself carried is. */
import { expect } from 'vitest';
import type { Accident } from '../accident.ts';
import type { Loss } from '../users.ts';
import type { Mode } from '../../../../src/proxy/backend.ts';
import { until } from '../../agentWorld.ts';
import { leases } from '../../dnsObjects.ts';

const LOST: Readonly<Record<Mode, readonly Loss['kind'][]>> = {
  iptables: ['name'],
  userspace: ['name', 'connection'],
};

export const killed: Accident = {
  name: 'SIGKILL, and a restart by the kubelet',
  modes: ['iptables', 'userspace'],
  async befall(cluster, node) {
    const [from, restarts] = [Date.now(), node.kubelet.restarts];
    const rules = await cluster.rules(node);
    await node.kubelet.kill();
    await node.kubelet.ready();
    cluster.explain({ node, kinds: LOST[cluster.settings.mode], from, to: Date.now() });
    expect(node.kubelet.restarts).toBe(restarts + 1);
    expect(await cluster.rules(node)).toBe(rules);
  },
};

export const gone: Accident = {
  name: 'SIGKILL, and nobody restarts the agent for longer than its lease',
  modes: ['iptables'],
  async befall(cluster, node) {
    const from = Date.now();
    await node.kubelet.kill('stay away');
    expect(Math.max(...(await leases(node.world.node)))).toBeLessThanOrEqual(3);
    await until(async () => (await leases(node.world.node)).length === 0, 200);
    cluster.explain({ node, kinds: ['name'], from, to: Date.now() });
    // Other nodes' agents answer; rules are there as they were.
    await cluster.more();
    node.kubelet.start();
    await node.kubelet.ready();
  },
};
