/** The API server is away, for long, and meanwhile the agent is killed: what was known stays in force. */
import { expect } from 'vitest';
import { until } from '../../agentWorld.ts';
import { type Accident, isReached, metric, tells } from '../accident.ts';

export const apiAway: Accident = {
  name: 'the API server away, and SIGKILL meanwhile',
  modes: ['iptables'],
  async befall(cluster, node) {
    const { world, kubelet } = node;
    const said = world.complaints().length;
    await until(async () => ((await world.status()).snapshot?.writtenAt ?? '') !== '');
    await cluster.api.refuseConnections();
    await until(
      async () =>
        (await world.status()).sources?.some(({ error }) => error.includes('ECONNREFUSED')) === true,
    );
    await cluster.more();
    expect(await world.isReady()).toBe(true);

    const from = Date.now();
    await kubelet.kill();
    await kubelet.ready();
    cluster.explain({ node, kinds: ['name'], from, to: Date.now() });
    await tells(node, said, /going on with the snapshot/);
    expect(await metric(node, 'fairlead_snapshot_in_use')).toBe(1);
    await cluster.more();

    // Nobody could watch this, and nobody can any more.
    const made = cluster.create();
    cluster.api.compact();
    await cluster.api.acceptConnections();
    await isReached(made, cluster.nodes);
    await until(async () => (await metric(node, 'fairlead_snapshot_in_use')) === 0);
  },
};
