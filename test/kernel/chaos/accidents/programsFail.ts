/** The programs that write rules fail for a while: what is new waits, what was there serves. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../../agentWorld.ts';
import { type Accident, isReached, metric, tells } from '../accident.ts';

const FAILING = '#!/bin/sh\necho "line 3: RULE_APPEND failed (Cannot allocate memory)" >&2\nexit 4\n';

export const programsFail: Accident = {
  name: 'programs that write rules fail for a while',
  modes: ['iptables'],
  async befall(cluster, node) {
    const { world } = node;
    const said = world.complaints().length;
    const programs = ['iptables', 'ip6tables'].map((program) =>
      join(node.programs, `${program}-${cluster.settings.variant}-restore`),
    );
    for (const program of programs) writeFileSync(program, FAILING, { mode: 0o755 });
    const { name, clusterIPs } = cluster.create();
    await tells(node, said, /not in the kernel yet: .*Cannot allocate memory/);
    expect(
      await metric(node, 'fairlead_restore_failures_total{kind="exhausted",ip_family="IPv4"}'),
    ).toBeGreaterThan(0);
    const { proxy } = await world.status();
    expect(proxy?.pending.services).toBeGreaterThan(0);
    // A name does not wait for its rules for ever, and what was there is as good as ever.
    await until(async () => (await world.resolve(`${name}.shop.svc.cluster.local`)) === clusterIPs[0]);
    const { stdout } = await world.node.run('curl', '-s', 'http://127.0.0.1:9153/metrics');
    expect(stdout).toMatch(/^fairlead_dns_early_names_total [1-9]/m);
    await cluster.more();
    expect(await world.isReady()).toBe(true);

    for (const program of programs) rmSync(program);
    await isReached({ name, clusterIPs }, [node]);
    await until(async () => (await world.status()).proxy?.error === '');
  },
};
