/** Somebody else removes rules of ours while the agent runs: they come back, and the log says what was wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';
import { FAIRLEAD, makeWorld, until, type World } from './agentWorld.ts';

/** Each ruins routing, and leaves everything else as it was. `$T` is the backend's iptables. */
const ACCIDENTS: readonly string[] = ['$T -t nat -F', '$T -t filter -F; $T -t filter -X'];

const LESSER_ACCIDENTS: readonly string[] = [
  '$T -t nat -F KUBE-POSTROUTING',
  '$T -t nat -D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  '$T -t nat -F; $T -t nat -X',
  'printf "*nat\\nCOMMIT\\n" | $T-restore',
];

test.each([
  ['nft', 'nft monitor'],
  ['nft', 'polls'],
  ['legacy', 'polls'],
] as const)('on %s, noticed by %s', { timeout: 60_000 }, async (variant, by) => {
  await using net = new TestNet();
  const world = await makeWorld(net, variant);
  if (by === 'polls') startWithoutNft(world);
  else world.start();
  await world.ready();
  const right = sorted(await world.rules(variant));
  const service = /KUBE-SVC-\w+/.exec(right)?.[0] ?? '';
  const monitored = [...ACCIDENTS, ...LESSER_ACCIDENTS, `$T -t nat -F ${service}`];
  for (const command of by === 'polls' ? ACCIDENTS : monitored) {
    const script = command.replaceAll('$T', `iptables-${variant}`);
    expect(await world.node.run('sh', '-ec', script)).toMatchObject({ code: 0 });
    await until(async () => sorted(await world.rules(variant)) === right);
    expect(await world.fetch()).toBe('web-1 on test');
  }
  expect(world.complaints()).toContainEqual(
    expect.stringMatching(/^\d+ chains and \d+ jump rules were missing from filter \(IPv4\): written again$/),
  );
});

/** What routing has; jumps that are written again may be in another order among those of other programs. */
function sorted(rules: string): string {
  const lines = rules.split('\n').filter((line) => line.includes('KUBE-'));
  return lines.sort().join('\n');
}

/** An agent that finds no working `nft`. */
function startWithoutNft(world: World): void {
  const programs = join(world.folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'nft'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const path = `PATH=${programs}:${process.env['PATH'] ?? ''}`;
  const logged = ['sh', '-c', 'exec "$@" 2>>"$0"', world.logFile] as const;
  world.net.start(world.node, 'env', path, ...logged, FAIRLEAD, 'run', ...world.manifests);
}
