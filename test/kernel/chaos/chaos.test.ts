/** Updates and accidents, with pods that go on using connections and names: nothing is lost but what is told to be. */
import { test } from 'vitest';
import { TestNet } from '../../support/net.ts';
import { type Accident, undergo } from './accident.ts';
import { apiAway } from './accidents/apiAway.ts';
import { clockSet } from './accidents/clockSet.ts';
import { diskFull } from './accidents/diskFull.ts';
import { flushed } from './accidents/flushed.ts';
import { gone, killed } from './accidents/killed.ts';
import { memoryLimit } from './accidents/memoryLimit.ts';
import { programsFail } from './accidents/programsFail.ts';
import { rollingUpdate } from './accidents/rollingUpdate.ts';
import { type ClusterSettings, makeCluster } from './cluster.ts';

interface Story {
  readonly settings: ClusterSettings;
  /** In this order, on one node after the other; in `soak.test.ts` in any. */
  readonly accidents: readonly Accident[];
}

/** Side by side, as each waits most of the time. */
const STORIES: Readonly<Record<string, Story>> = {
  'updates and outages, in iptables mode': {
    settings: { api: '198.18.70.1', variant: 'nft', mode: 'iptables' },
    accidents: [rollingUpdate, gone, apiAway],
  },
  'troubles of a node, in iptables mode': {
    settings: { api: '198.18.71.1', variant: 'nft', mode: 'iptables' },
    accidents: [diskFull, memoryLimit, flushed, programsFail],
  },
  'in userspace mode': {
    settings: { api: '198.18.72.1', variant: 'nft', mode: 'userspace' },
    accidents: [clockSet, rollingUpdate, killed],
  },
};

test.concurrent.each(Object.entries(STORIES))(
  '%s',
  { timeout: 600_000 },
  async (_, { settings, accidents }) => {
    await using net = new TestNet();
    const cluster = await makeCluster(net, settings);
    for (const [n, accident] of accidents.entries()) {
      const node = cluster.nodes[n % 2] ?? cluster.nodes[0];
      process.stdout.write(`${await undergo(accident, cluster, node)}\n`);
    }
  },
);
