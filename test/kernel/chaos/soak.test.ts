/**
 * `npm run soak`: accidents at random, one after the other, on any node, for FAIRLEAD_SOAK_MINUTES. A failure names the
 * seed; with it as FAIRLEAD_SOAK_SEED the same accidents come in the same order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { TestNet } from '../../support/net.ts';
import { drawsOf, pick } from '../../dns/fuzz/random.ts';
import { undergo } from './accident.ts';
import { ACCIDENTS } from './accidents.ts';
import { type ClusterSettings, makeCluster } from './cluster.ts';

const MINUTES = Number(process.env['FAIRLEAD_SOAK_MINUTES'] ?? 0);
const SEED = Number(process.env['FAIRLEAD_SOAK_SEED'] ?? Date.now() % 1_000_000);
const MOST_PAUSE_MS = 5_000;

const STORIES: readonly ClusterSettings[] = [
  { api: '198.18.75.1', variant: 'nft', mode: 'iptables' },
  { api: '198.18.76.1', variant: 'legacy', mode: 'iptables' },
  { api: '198.18.77.1', variant: 'nft', mode: 'userspace' },
];

test.concurrent.each(STORIES)(
  `$mode mode on $variant, seed ${SEED}`,
  { timeout: (MINUTES + 10) * 60_000, retry: 0 },
  async (story) => {
    const draw = drawsOf(SEED, 0);
    const settings = { ...story, draw };
    const accidents = ACCIDENTS.filter(({ modes }) => modes.includes(settings.mode));
    await using net = new TestNet();
    const cluster = await makeCluster(net, settings);
    const end = performance.now() + MINUTES * 60_000;
    for (let n = 1; performance.now() < end; n++) {
      const accident = pick(draw, accidents);
      const node = pick(draw, cluster.nodes);
      try {
        process.stdout.write(`${n}: ${await undergo(accident, cluster, node)}\n`);
      } catch (error) {
        // The report comes when the other stories have ended, too.
        process.stdout.write(
          `${n}: seed ${SEED}, ${settings.mode}: ${accident.name}, ${node.name}: ${String(error)}\n`,
        );
        throw error;
      }
      await sleep(draw(MOST_PAUSE_MS));
    }
  },
);
