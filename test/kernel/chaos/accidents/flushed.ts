/** Somebody else flushes tables, while an agent starts and while one runs: it costs what is tried until they are back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { systemExec } from '../../../../src/host/exec.ts';
import { inNetns, mustRun } from '../../../../src/playground/network/netns.ts';
import { until } from '../../agentWorld.ts';
import { tracked } from '../../trackedFlows.ts';
import { type Accident, isReached, tells } from '../accident.ts';
import { type Cluster, type ClusterNode, ECHO_TARGETS } from '../cluster.ts';

const LONGEST_START_MS = 600;

export const flushed: Accident = {
  name: 'a foreign flush in the middle of an update',
  modes: ['iptables'],
  async befall(cluster, node) {
    const { world, kubelet } = node;
    const { variant } = cluster.settings;
    const right = ours(await cluster.rules(node));
    const areBack = async (): Promise<boolean> => {
      const now = ours(await world.rules(variant));
      return [...right].every((line) => now.has(line));
    };
    await kubelet.stop();
    kubelet.start();
    await sleep(cluster.settings.draw?.(LONGEST_START_MS) ?? LONGEST_START_MS / 2);
    const from = Date.now();
    await flush(cluster, node);
    await kubelet.ready();
    await until(areBack);
    await expect.poll(() => isForgotten(node)).toBe(true);
    cluster.explain({ node, kinds: ['name', 'connection'], from, to: Date.now() });
    await cluster.more();

    const [again, said] = [Date.now(), world.complaints().length];
    // Held for a moment, so that a flow surely begins without rules: the kernel would carry it nowhere as long as it lasts.
    kubelet.signal('SIGSTOP');
    await flush(cluster, node);
    const begun = node.users.settle(ECHO_TARGETS.filter(({ protocol }) => protocol === 'udp'));
    await sleep(300);
    kubelet.signal('SIGCONT');
    await begun;
    const made = cluster.create();
    await tells(node, said, /held other rules|missing from|somebody removed/);
    await isReached(made, [node]);
    await until(areBack);
    await expect.poll(() => isForgotten(node)).toBe(true);
    cluster.explain({ node, kinds: ['name', 'connection'], from: again, to: Date.now() });
    expect(world.complaints().slice(said)).not.toEqual([]);
  },
};

/**
 * No connection is tracked any more that no rule translated: the next one from the same port would go its way. By itself
 * the kernel would remember it for two minutes.
 */
async function isForgotten({ world }: ClusterNode): Promise<boolean> {
  const hosts = new Set(ECHO_TARGETS.map(({ host }) => host));
  const lists = await Promise.all(
    [...hosts].map((host) => tracked(world.node, '-p', 'tcp', '--reply-src', host)),
  );
  return lists.flat().length === 0;
}

async function flush({ settings }: Cluster, { world }: ClusterNode): Promise<void> {
  for (const table of ['nat', 'raw']) {
    for (const program of ['iptables', 'ip6tables']) {
      await mustRun(
        systemExec,
        inNetns(world.node.name, [`${program}-${settings.variant}`, '-t', table, '-F']),
      );
    }
  }
}

/** Jumps that are written again may be in another order among those of other programs. */
function ours(rules: string): ReadonlySet<string> {
  return new Set(rules.split('\n').filter((line) => /KUBE-|FAIRLEAD-DNS/.test(line)));
}
