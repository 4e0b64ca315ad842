/**
 * kube-proxy and the agent on one node for a while, as in a move. Each writes its rules again and again: kube-proxy
 * every 30 s and with each change, here without a pause.
 */
import { expect, test } from 'vitest';
import { kubeProxyStarts } from '../support/kubeProxy.ts';
import { TestNet } from '../support/net.ts';
import { FAIRLEAD, makeWorld, until, type World } from './agentWorld.ts';
import { ConnectionLoop } from './connectionLoop.ts';

const ROUNDS = 3;

interface Shape {
  /** `iptables-nft` */
  readonly program: string;
  readonly rules: string;
}

/** What kube-proxy would have in its tables with the same objects and these flags. */
function shapes(world: World, variant: string, ...flags: readonly string[]): Promise<readonly Shape[]> {
  const families = [
    ['ipv4', `iptables-${variant}`],
    ['ipv6', `ip6tables-${variant}`],
  ] as const;
  return Promise.all(
    families.map(async ([family, program]) => {
      const args = ['render', ...world.manifests, '--dns', 'off', '--family', family, ...flags];
      const { code, stdout } = await world.node.run(FAIRLEAD, ...args);
      expect(code).toBe(0);
      return { program, rules: stdout };
    }),
  );
}

/** With what a program reads from its standard input. */
function feed(
  world: World,
  argv: readonly [string, ...string[]],
  stdin = '',
): ReturnType<World['node']['run']> {
  return world.node.run('sh', '-c', 'printf %s "$0" | "$@"', stdin, ...argv);
}

/** One sync of kube-proxy, both families. */
async function syncs(world: World, kubeProxy: readonly Shape[]): Promise<void> {
  for (const { program, rules } of kubeProxy) {
    const missing = await kubeProxyStarts((argv, stdin) => feed(world, argv, stdin), program, rules);
    expect(missing).toEqual([]);
  }
}

async function repairs(world: World): Promise<number> {
  const { stdout } = await world.node.run('curl', '-sf', 'http://127.0.0.1:10249/metrics');
  const counts = stdout.matchAll(/^fairlead_repairs_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

test.concurrent.each(['nft', 'legacy'])('on %s', async (variant) => {
  await using net = new TestNet();
  const world = await makeWorld(net, variant);
  const same = await shapes(world, variant);
  for (const { program, rules } of same) {
    expect(await feed(world, [`${program}-restore`, '--noflush'], rules)).toMatchObject({ code: 0 });
  }
  const loop = new ConnectionLoop(net, world.client, 'http://10.96.0.20/');
  await loop.more();
  world.start();
  await world.ready();
  await loop.more();
  const right = sorted(await world.rules(variant));

  // With the same objects and settings it writes what is there already: nobody has anything to put right.
  for (let round = 0; round < ROUNDS; round++) {
    await syncs(world, same);
    await loop.more();
  }
  expect(await repairs(world)).toBe(0);
  expect(world.complaints()).toEqual([]);
  expect(sorted(await world.rules(variant))).toBe(right);

  // With other settings each sync of its is followed by one repair, and that by nothing.
  const other = await shapes(world, variant, '--masquerade-bit', '15');
  for (let round = 1; round <= ROUNDS; round++) {
    await syncs(world, other);
    await loop.more();
    await until(async () => sorted(await world.rules(variant)) === right);
  }
  const told = new Set(world.complaints());
  expect(
    [...told].filter((line) => !/^\d chains? of (nat|filter) \(IPv\d\) held other rules/.test(line)),
  ).toEqual([]);
  const chains = await repairs(world);
  process.stdout.write(`${variant}: ${ROUNDS} syncs of another kube-proxy: ${chains} chains written again\n`);
  // KUBE-POSTROUTING, KUBE-MARK-MASQ and KUBE-FORWARD hold the mark, in two families.
  expect(chains).toBeLessThanOrEqual(6 * ROUNDS);
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
  await loop.more();
  expect(loop.failed).toEqual([]);
});

/** Rules of both; kube-proxy's canaries come and go. */
function sorted(rules: string): string {
  const lines = rules.split('\n').filter((line) => /KUBE-|FAIRLEAD-DNS/.test(line));
  return lines.sort().join('\n');
}
