/**
 * How costs grow with the cluster: what `docs/ARCHITECTURE.md` reckons 100,000 Services from.
 *
 *     node bench/scale.ts [nft|legacy] [SERVICES...]
 *
 * Runs itself in namespaces of its own; one IP family. The kernel's memory is what its allocator has handed out,
 * for all of the machine: it means something where not much else is going on.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Catalog } from '../src/catalog/catalog.ts';
import { createDnsService } from '../src/dns/createDnsService.ts';
import { systemClock } from '../src/host/clock.ts';
import { systemExec } from '../src/host/exec.ts';
import { QUIET_LOG } from '../src/telemetry/quietLog.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { filledCatalog } from './support/catalog.ts';
import { cpuSeconds } from './support/cpu.ts';
import { DNS_SETTINGS } from './support/dnsSettings.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend, quantile, type Variant } from './support/proxy.ts';

const ENDPOINTS = 5;
const CHANGES = 15;
const HOOKS = ['PREROUTING', 'OUTPUT'] as const;
const REPEATS = 15;
const ONE_RULE = '*nat\n:ANYBODY - [0:0]\n-A ANYBODY -j RETURN\nCOMMIT\n';

type Cpu = ReturnType<typeof cpuSeconds>;

enterOwnNamespaces(import.meta.filename);
setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

const words = process.argv.slice(2);
const variant: Variant = words[0] === 'legacy' ? 'legacy' : 'nft';
const sizes = words.map(Number).filter((size) => size > 0);
await endpointSlope();
for (const services of sizes.length > 0 ? sizes : [1000, 2000, 5000, 10_000, 20_000]) await measure(services);

/** What the catalog keeps for one more endpoint. */
async function endpointSlope(): Promise<void> {
  const services = 2000;
  const bytesWith = async (endpointsPerService: number): Promise<number> => {
    const before = await settledHeap();
    const catalog = filledCatalog(
      makeCluster({ services, endpointsPerService, namespaces: 20, nodes: 50 }).records,
    );
    const after = await settledHeap();
    // Used once more, so that it lives until here.
    return catalog.picture.services.size === services ? after - before : Number.NaN;
  };
  const few = await bytesWith(5);
  const many = await bytesWith(15);
  const each = ((many - few) / (services * 10)).toFixed(0);
  process.stdout.write(`${'scale: memory of the catalog for one more endpoint'.padEnd(62)} ${each} bytes\n`);
}

async function measure(services: number): Promise<void> {
  const report = (figure: string, value: string): void => {
    const what = `scale-${variant}, ${services} x ${ENDPOINTS}: ${figure}`;
    process.stdout.write(`${what.padEnd(62)} ${value}\n`);
  };
  const perService = (bytes: number): string => `${(bytes / services / 1000).toFixed(2)} KB a Service`;
  const size = { services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 };

  const empty = await settledHeap();
  const catalog = makeCatalog();
  const { picture } = catalog;
  const filled = await settledHeap();
  report('memory of the catalog', perService(filled - empty));

  const kernelBefore = kernelMemory();
  const backend = await createBackend(variant, systemExec);
  const [first, firstCpu] = await cost(() => backend.sync(picture, undefined));
  report('first sync', `${ms(first.milliseconds)}, ${cpuText(firstCpu, services)}`);
  report('memory of what was written, in our process', perService((await settledHeap()) - filled));
  report('the kernel’s memory for it', perService(kernelMemory() - kernelBefore));

  const changes: number[] = [];
  const { slices } = makeCluster({ ...size, services: CHANGES });
  for (const [i, slice] of slices.entries()) {
    catalog.upsert({
      ...slice,
      endpoints: slice.endpoints.map((one, at) =>
        at === 0 ? { ...one, address: `10.250.0.${i + 1}` } : one,
      ),
    });
    changes.push((await backend.sync(picture, catalog.publish())).milliseconds);
  }
  report('one endpoint change, median', ms(quantile(changes, 0.5)));

  const reachable = await oneRule();
  for (const hook of HOOKS) await unhook(hook);
  const unreachable = await oneRule();
  const { rules } = backend.describe();
  report('CPU time of one more rule in a foreign chain', ms(reachable));
  report('the same with no rule reachable', ms(unreachable));
  const slope = ((reachable - unreachable) * 1e6) / (HOOKS.length * rules);
  report('for each rule and hook that reaches it', `${slope.toFixed(0)} ns, ${rules} rules`);

  const [look, lookCpu] = await cost(() => backend.sync(picture, undefined));
  report(
    'a look at everything, two jumps put back',
    `${ms(look.milliseconds)}, ${cpuText(lookCpu, services)}`,
  );
  await backend.cleanup();
  await dnsTable();

  function makeCatalog(): Catalog {
    return filledCatalog(makeCluster(size).records);
  }

  async function dnsTable(): Promise<void> {
    const before = await settledHeap();
    const dns = createDnsService({
      settings: DNS_SETTINGS,
      forwarder: undefined,
      clock: systemClock,
      log: QUIET_LOG,
    });
    const started = performance.now();
    dns.update(picture, undefined);
    report('DNS: the whole zone taken over', ms(performance.now() - started));
    report('DNS: memory of the zone, nothing asked yet', perService((await settledHeap()) - before));
    dns.state();
  }
}

/** CPU time in milliseconds of the least that can be changed, its program's and the kernel's. */
async function oneRule(): Promise<number> {
  const [, { children }] = await cost(async () => {
    for (let i = 0; i < REPEATS; i++) await run(`iptables-${variant}-restore`, ['--noflush'], ONE_RULE);
  });
  return (children * 1000) / REPEATS;
}

/** What work gives, and the seconds of CPU time that it took. */
async function cost<T>(work: () => Promise<T>): Promise<readonly [T, Cpu]> {
  const before = cpuSeconds();
  const result = await work();
  const after = cpuSeconds();
  return [result, { own: after.own - before.own, children: after.children - before.children }];
}

function cpuText({ own, children }: Cpu, services: number): string {
  const each = (seconds: number): string => ((seconds * 1000) / services).toFixed(2);
  return `CPU ms a Service: ${each(own)} ours, ${each(children)} iptables and kernel`;
}

/** Takes away the jump through which a hook reaches our rules. */
async function unhook(chain: string): Promise<void> {
  const comment = 'kubernetes service portals';
  const rule = ['-m', 'comment', '--comment', comment, '-j', 'KUBE-SERVICES'];
  await run(`iptables-${variant}`, ['-t', 'nat', '-D', chain, ...rule]);
}

async function run(program: string, args: readonly string[], stdin = ''): Promise<void> {
  const { code, stderr } = await systemExec.run([program, ...args], { stdin });
  if (code !== 0) throw new Error(`${program}: ${stderr}`);
}

/** Bytes that live, once nobody's variables hold what is done with. */
async function settledHeap(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    await sleep(20);
    if (typeof collectGarbage === 'function') collectGarbage();
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

/** Bytes, of the whole machine. */
function kernelMemory(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return (kilobytes('SUnreclaim') + kilobytes('Percpu') + kilobytes('VmallocUsed')) * 1024;
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
