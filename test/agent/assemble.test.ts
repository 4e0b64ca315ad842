import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { assemble } from '../../src/agent/assemble.ts';
import { loadSettings } from '../../src/config/load.ts';
import { InheritedSockets } from '../../src/host/inheritedSockets.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FakeLog } from '../fake/log.ts';

/** Programs that putting the agent together runs, by how often. */
async function programsOf(flags: Readonly<Record<string, unknown>>): Promise<Record<string, number>> {
  const manifests = mkdtempSync(`${tmpdir()}/fairlead-`);
  onTestFinished(() => rmSync(manifests, { recursive: true }));
  const surroundings = { env: {}, hostname: () => 'n1', readText: async () => '' };
  const all = { manifests, 'dns-forward': ['none'], 'iptables-backend': 'nft', ...flags };
  const { settings } = await loadSettings(all, surroundings);
  const run: string[] = [];
  const exec = new FakeIptables();
  exec.onRun = (argv) => {
    run.push(argv.join(' '));
    return undefined;
  };
  const loop = { longestMs: () => 0, stop: () => undefined };
  // Never started: nothing listens, and nothing is to be stopped.
  await assemble(settings, {
    env: {},
    exec,
    clock: new FakeClock(),
    log: new FakeLog(),
    loop,
    inherited: new InheritedSockets(),
  });
  return Object.fromEntries(
    [...Map.groupBy(run, (line) => line)].map(([line, { length }]) => [line, length]),
  );
}

const LOOK = {
  'iptables-nft --version': 1,
  'iptables-legacy --version': 1,
  'iptables-nft -w 30 -t nat -S POSTROUTING': 1,
  'ip6tables-nft -w 30 -t nat -S POSTROUTING': 1,
};

test.each<readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, number>>]>([
  ['routing and names', {}, LOOK],
  ['routing alone', { dns: 'off' }, LOOK],
  ['names alone', { proxy: 'off' }, LOOK],
])('iptables is looked for once, for %s', async (_, flags, expected) => {
  const programs = await programsOf(flags);
  for (const line of Object.keys(LOOK)) expect([line, programs[line]]).toEqual([line, expected[line]]);
});
