/** Somebody else removes rules of ours while the agent runs: they come back, and the log says what was wrong. */
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

interface Accident {
  /** `$T` is the backend's iptables, `$T6` its ip6tables. */
  readonly command: string;
  /** What the agent says of it. */
  readonly told: string;
  /** The chains of the Service are not written again: the counters of their rules go on. */
  readonly spares?: true;
}

const PORTALS = '-m comment --comment "kubernetes service portals"';
const REWRITTEN = /^1 chain of nat \(IPv4\) held other rules: it was written again$/.source;
const DNS_AGAIN = 'somebody changed the DNS rules of this node: writing them again';

/** Each ruins something, and leaves everything else as it was. */
const ACCIDENTS: readonly Accident[] = [
  { command: '$T -t nat -F', told: String.raw`^\d+ chains .*of nat \(IPv4\) held other rules` },
  {
    // Two programs, and a repair may come between them: then each part is told by itself, or none is left to delete.
    command: '$T -t filter -F; $T -t filter -X || :',
    told: String.raw`(missing from|of) filter \(IPv4\)`,
  },
  { command: '$T -t nat -D KUBE-POSTROUTING 1', told: REWRITTEN, spares: true },
  {
    command: '$T6 -t nat -F KUBE-POSTROUTING',
    told: String.raw`^1 chain of nat \(IPv6\) held`,
    spares: true,
  },
  { command: '$T -t raw -F', told: DNS_AGAIN, spares: true },
  { command: '$T6 -t nat -D POSTROUTING -j FAIRLEAD-DNS', told: DNS_AGAIN, spares: true },
];

/** Polls look at what no Service changes, and would see these only in part, or later. */
const SMALLER_ACCIDENTS: readonly Accident[] = [
  {
    command: `$T -t nat -D PREROUTING ${PORTALS} -j KUBE-SERVICES`,
    told: String.raw`^1 jump rule was missing from nat \(IPv4\): written again$`,
    spares: true,
  },
  { command: '$T -t nat -F $SEP', told: REWRITTEN },
  {
    command: '$T -t nat -F; $T -t nat -X || :',
    told: String.raw`(missing from|of) nat \(IPv4\)`,
  },
  { command: 'printf "*nat\\nCOMMIT\\n" | $T-restore', told: 'missing from nat' },
  { command: '$T -t nat -I KUBE-SERVICES -j RETURN', told: REWRITTEN, spares: true },
  { command: '$T -t raw -A FAIRLEAD-DNS -j ACCEPT', told: DNS_AGAIN, spares: true },
  { command: '$T -t raw -F FAIRLEAD-DNS', told: DNS_AGAIN, spares: true },
  { command: '$T -t raw -F; $T -t raw -X || :', told: DNS_AGAIN, spares: true },
];

test.concurrent.each([
  ['nft', 'news'],
  ['nft', 'polls'],
  ['legacy', 'polls'],
] as const)('on %s, noticed by %s', async (variant, by) => {
  await using net = new TestNet();
  const world = await makeWorld(net, variant);
  if (by === 'polls') startWithoutModules(world);
  else world.start();
  await world.ready();
  const right = sorted(await world.rules(variant));
  const [service = '', endpoint = ''] = [/KUBE-SVC-\w+/, /KUBE-SEP-\w+/].map((name) => name.exec(right)?.[0]);
  for (const { command, told, spares } of accidents(variant, by)) {
    const named = { T6: `ip6tables-${variant}`, T: `iptables-${variant}`, SEP: endpoint };
    const script = command.replaceAll(/\$(T6|T|SEP)/g, (_, name: keyof typeof named) => named[name]);
    const counted = await packets(world, variant, service);
    const complaints = world.complaints().length;
    expect(await world.node.run('sh', '-ec', script)).toMatchObject({ code: 0 });
    const since = performance.now();
    await until(async () => sorted(await world.rules(variant)) === right);
    const took = Math.round(performance.now() - since);
    process.stdout.write(`${variant}, ${by}: ${script}: repaired after ${took} ms\n`);
    if (spares === true) expect(await packets(world, variant, service)).toBeGreaterThanOrEqual(counted);
    expect(await world.fetch()).toBe('web-1 on test');
    expect(await packets(world, variant, service)).toBeGreaterThan(0);
    await until(async () =>
      world
        .complaints()
        .slice(complaints)
        .some((line) => new RegExp(told).test(line)),
    );
  }
});

/** Where polls ask for each chain, a poll of one family is one of the other with another program. */
function accidents(variant: string, by: string): readonly Accident[] {
  if (by === 'news') return [...ACCIDENTS, ...SMALLER_ACCIDENTS];
  return ACCIDENTS.filter(({ command }) => variant === 'legacy' || !command.startsWith('$T6'));
}

/** Those that the rules of one chain have counted. */
async function packets(world: World, variant: string, chain: string): Promise<number> {
  const { stdout } = await world.node.run(`iptables-${variant}-save`, '-c', '-t', 'nat');
  const lines = stdout.split('\n').filter((line) => line.includes(`-A ${chain} `));
  return lines.reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0);
}

/** What is ours; jumps that are written again may be in another order among those of other programs. */
function sorted(rules: string): string {
  const lines = rules.split('\n').filter((line) => /KUBE-|FAIRLEAD-DNS/.test(line));
  return lines.sort().join('\n');
}

/** An agent that has no native module to listen with, as on a machine for which there is none. */
function startWithoutModules(world: World): void {
  world.runWith({ NODE_OPTIONS: '--no-addons' }, ...world.manifests);
}
