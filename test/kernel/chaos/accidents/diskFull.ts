/** The disk of the state folder is full in the middle of a write: the agent says so once, and goes on. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../../agentWorld.ts';
import { type Accident, isReached, metric, tells } from '../accident.ts';

const UNKEPT = /^no snapshot can be kept/;

export const diskFull: Accident = {
  name: 'a full disk',
  modes: ['iptables'],
  async befall(cluster, node) {
    const { world, kubelet } = node;
    const state = join(world.folder, 'state');
    const snapshot = join(state, 'catalog.snapshot');
    await until(async () => ((await world.status()).snapshot?.writtenAt ?? '') !== '');
    await kubelet.stop();
    const kept = readFileSync(snapshot);

    // One page is left, and a snapshot begins; names that do not compress make it longer.
    const namespaces = Array.from({ length: 200 }, () => `ns-${randomBytes(24).toString('hex')}`);
    for (const name of namespaces) cluster.api.create('namespaces', { metadata: { name } });
    const { bavail, bsize } = statfsSync(state);
    writeFileSync(join(state, 'filler'), Buffer.alloc((bavail - 1) * bsize, 1));
    const said = world.complaints().length;
    kubelet.start();
    await kubelet.ready();
    await tells(node, said, UNKEPT);
    expect((await world.status()).snapshot?.error).toContain('ENOSPC');
    expect(await metric(node, 'fairlead_snapshot_writes_total{outcome="failed"}')).toBeGreaterThan(0);
    await isReached(cluster.create(), [node]);
    expect(await world.isReady()).toBe(true);
    // What was begun is removed, as others need the place.
    await until(() => Promise.resolve(readdirSync(state).length === 2));
    expect(readFileSync(snapshot).equals(kept)).toBe(true);
    expect(
      world
        .complaints()
        .slice(said)
        .filter((line) => UNKEPT.test(line)),
    ).toHaveLength(1);

    // The next try of this agent comes within half a minute; a new one's within a second.
    rmSync(join(state, 'filler'));
    await kubelet.stop();
    kubelet.start();
    await kubelet.ready();
    await until(async () => {
      const { writtenAt = '', error } = (await world.status()).snapshot ?? {};
      return writtenAt !== '' && error === '';
    });
    expect(readFileSync(snapshot).equals(kept)).toBe(false);
    for (const name of namespaces) cluster.api.delete('namespaces', '', name);
  },
};
