/**
 * What rules cost: the first sync beside one restore in kube-proxy's shape, one changed endpoint, and repairs.
 *
 *     node bench/iptables.ts [nft|legacy] [SERVICES...]
 *
 * Runs itself in namespaces of its own: as real root where it is, as a node's agent does, because a root of a user
 * namespace has to write smaller batches. One line a figure; one IP family. The single restore, which takes minutes
 * on nft, is given up at a time that still tells whether it is ten times slower.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Picture } from '../src/catalog/picture.ts';
import { systemExec } from '../src/host/exec.ts';
import type { EndpointSliceRecord } from '../src/kube/records.ts';
import type { Backend, SyncReport } from '../src/proxy/backend.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { kubeProxyShape } from '../test/support/kubeProxy.ts';
import { filledCatalog } from './support/catalog.ts';
import { cpuSeconds, TURN_MS, watchTurns } from './support/cpu.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend, proxySettings, quantile, type Variant } from './support/proxy.ts';

const ENDPOINTS = 5;
const CHANGES = 15;
/** The single restore may take this many times as long as the first sync and a little to start, or this long. */
const GIVE_UP = { times: 11, plusMs: 2000, atMostMs: 150_000 };

enterOwnNamespaces(import.meta.filename);

const [first, ...rest] = process.argv.slice(2);
const variants: readonly Variant[] = first === 'nft' || first === 'legacy' ? [first] : ['nft', 'legacy'];
const sizes = (first === 'nft' || first === 'legacy' ? rest : process.argv.slice(2)).map(Number);
for (const variant of variants) {
  for (const services of sizes.length > 0 ? sizes : [1000, 5000, 10_000]) await measure(variant, services);
}

async function measure(variant: Variant, services: number): Promise<void> {
  const report = (figure: string, value: string): void => {
    process.stdout.write(
      `${`iptables-${variant}, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(66)} ${value}\n`,
    );
  };
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const catalog = filledCatalog(cluster.records);
  const { picture } = catalog;
  const backend = await createBackend(variant, systemExec);

  // Garbage of the cluster that this process has made is no cost of a sync.
  await sleep(500);
  const before = cpuSeconds();
  const firstTurn = watchTurns();
  const synced = await backend.sync(picture, undefined);
  const turn = firstTurn();
  report('first sync', describe(synced));
  const after = cpuSeconds();
  report('its CPU time in our process', ms((after.own - before.own) * 1000));
  report(`most of it in a block, or in ${TURN_MS} ms`, ms(turn));
  for (const [figure, value] of await singleRestore(variant, picture, {
    ...synced,
    cpuSeconds: after.children - before.children,
  }))
    report(figure, value);

  const laterTurns = watchTurns();
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const slice = cluster.slices[(i * 97) % cluster.slices.length];
    if (slice === undefined) continue;
    catalog.upsert(moved(slice, i));
    times.push((await backend.sync(picture, catalog.publish())).milliseconds);
  }
  report('one endpoint change, median', ms(quantile(times, 0.5)));
  report('one endpoint change, slowest', ms(Math.max(...times)));
  report('one rule in a chain of anybody’s, for comparison', ms(await oneRule(variant)));

  await repairs(variant, backend, picture, report);
  const again = await (await createBackend(variant, systemExec)).sync(picture, undefined);
  report('sync of a new process, all in place', describe(again));
  report(`most CPU time of all these in a block, or in ${TURN_MS} ms`, ms(laterTurns()));
  const started = performance.now();
  await backend.cleanup();
  report('cleanup', ms(performance.now() - started));
}

/** A look at everything: a dump, compared, and the difference written. */
async function repairs(
  variant: Variant,
  backend: Backend,
  picture: Picture,
  report: (figure: string, value: string) => void,
): Promise<void> {
  const spoil = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await systemExec.run([`iptables-${variant}`, '-w', '30', '-t', 'nat', ...args]);
    if (code !== 0) throw new Error(`iptables ${args.join(' ')}: ${stderr}`);
  };
  report('a look at everything, nothing to repair', describe(await backend.sync(picture, undefined)));
  await spoil('-D', 'KUBE-SERVICES', '1');
  report('repair of one deleted rule', describe(await backend.sync(picture, undefined)));
  await spoil('-F');
  report('repair after iptables -F -t nat', describe(await backend.sync(picture, undefined)));
}

/** In a network namespace of its own: what it leaves behind goes with it. */
async function singleRestore(
  variant: Variant,
  picture: Picture,
  ours: { readonly milliseconds: number; readonly cpuSeconds: number },
): Promise<readonly (readonly [figure: string, value: string])[]> {
  const figure = 'one restore in kube-proxy’s shape';
  const stdin = kubeProxyShape(picture, proxySettings(variant), 'IPv4');
  const timeoutMs = Math.min(GIVE_UP.atMostMs, GIVE_UP.plusMs + GIVE_UP.times * ours.milliseconds);
  const before = cpuSeconds().children;
  const started = performance.now();
  const argv = ['unshare', '-n', `iptables-${variant}-restore`, '--noflush'] as const;
  const { code, stderr } = await systemExec.run(argv, { stdin, timeoutMs });
  const took = performance.now() - started;
  if (stderr.includes('Message too long'))
    return [[figure, 'left out: only real root may send so much at once']];
  if (code !== 0 && code !== 124) return [[figure, `failed: ${stderr.trim()}`]];
  const cpu = cpuSeconds().children - before;
  const atLeast = code === 124 ? 'more than ' : '';
  const times = (one: number, other: number): string => `${atLeast}${(one / other).toFixed(1)}`;
  return [
    [figure, code === 124 ? `more than ${ms(took)}, given up` : ms(took)],
    ['how many times the first sync that is', times(took, ours.milliseconds)],
    ['the same in CPU time of iptables and the kernel', times(cpu, ours.cpuSeconds)],
  ];
}

/** The median time of the least that can be changed: what the kernel takes whatever we do. */
async function oneRule(variant: Variant): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const started = performance.now();
    const stdin = '*nat\n:ANYBODY - [0:0]\n-A ANYBODY -j RETURN\nCOMMIT\n';
    await systemExec.run([`iptables-${variant}-restore`, '--noflush'], { stdin });
    times.push(performance.now() - started);
  }
  return quantile(times, 0.5);
}

/** The slice with its first endpoint at another address. */
function moved(slice: EndpointSliceRecord, n: number): EndpointSliceRecord {
  const [one, ...others] = slice.endpoints;
  if (one === undefined) return slice;
  return { ...slice, endpoints: [{ ...one, address: `10.250.0.${n + 1}` }, ...others] };
}

function describe({ milliseconds, restores, repairs = [] }: SyncReport): string {
  return [ms(milliseconds), `${restores} restores`, ...repairs].join(', ');
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
