/**
 * A rolling restart at the size of a large cluster: 1,000 endpoints replaced, 100 a second.
 *
 *     node bench/rollout.ts [nft|legacy] [SERVICES]
 *
 * The agent's own core in this process: catalog, publisher, syncer and iptables backend, as src/agent puts them
 * together, so that CPU time is that of nothing else. A change is in the kernel when the sync that wrote it is done.
 * Runs itself in namespaces of its own; one IP family.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Publisher } from '../src/agent/publisher.ts';
import type { Catalog } from '../src/catalog/catalog.ts';
import { systemClock } from '../src/host/clock.ts';
import { systemExec } from '../src/host/exec.ts';
import type { EndpointSliceRecord } from '../src/kube/records.ts';
import { Syncer } from '../src/proxy/syncer.ts';
import { watchEventLoop } from '../src/telemetry/processMetrics.ts';
import { FakeLog } from '../test/fake/log.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { filledCatalog } from './support/catalog.ts';
import { cpuSeconds, TURN_MS, watchTurns } from './support/cpu.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend, quantile, readArguments, type Variant } from './support/proxy.ts';
import { TimedBackend } from './support/timedBackend.ts';

const ENDPOINTS = 5;
const CHANGES = 1000;
const PER_SECOND = 100;

enterOwnNamespaces(import.meta.filename);
const { variants, services } = readArguments();
for (const variant of variants) await measure(variant);

async function measure(variant: Variant): Promise<void> {
  const report = (figure: string, value: string): void => {
    const what = `rollout-${variant}, ${services} x ${ENDPOINTS}, ${CHANGES} at ${PER_SECOND}/s: ${figure}`;
    process.stdout.write(`${what.padEnd(74)} ${value}\n`);
  };
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const backend = new TimedBackend(await createBackend(variant, systemExec));
  const log = new FakeLog();
  const syncer = new Syncer({ backend, clock: systemClock, log });
  const publisher = new Publisher(systemClock, () => {
    const changes = catalog.publish();
    backend.published();
    if (changes !== undefined) syncer.update(catalog.picture, changes);
  });
  const catalog = filledCatalog(cluster.records, () => publisher.wake());
  syncer.update(catalog.picture, undefined);
  await backend.until(() => backend.syncs.length === 1);
  backend.syncs.length = 0;
  // Garbage of the first sync is no cost of a restart.
  await sleep(1000);

  const loop = watchEventLoop();
  const longestTurn = watchTurns();
  const before = cpuSeconds();
  const started = performance.now();
  await restart(catalog, cluster.slices, () => backend.sent());
  await backend.until(() => backend.latencies.length === CHANGES);
  const seconds = (performance.now() - started) / 1000;
  const after = cpuSeconds();
  loop.stop();
  const turn = longestTurn();
  await syncer.stop();

  const share = (part: 'own' | 'children'): string =>
    `${((after[part] - before[part]) / seconds).toFixed(2)} of a core`;
  const times = backend.syncs.map(({ milliseconds }) => milliseconds);
  report('change sent to kernel, median', ms(quantile(backend.latencies, 0.5)));
  report('change sent to kernel, p99', ms(quantile(backend.latencies, 0.99)));
  report(
    'syncs, and restores in them',
    `${times.length}, ${sum(backend.syncs.map((sync) => sync.restores))}`,
  );
  report('one sync, median and longest', `${ms(quantile(times, 0.5))}, ${ms(Math.max(...times))}`);
  report('CPU of this process', share('own'));
  report('CPU of the iptables programs, kernel included', share('children'));
  report('longest event-loop block', ms(loop.longestMs()));
  report(`most processor time in a block, or in ${TURN_MS} ms`, ms(turn));
  for (const message of log.messages('error')) report('failed sync', message);
  await backend.cleanup();
}

/** Pods of one Service after the other get a successor at another address, as a Deployment's do, all over the table. */
async function restart(
  catalog: Catalog,
  slices: readonly EndpointSliceRecord[],
  sent: () => void,
): Promise<void> {
  const stride = Math.max(1, Math.floor((slices.length * ENDPOINTS) / CHANGES));
  const started = performance.now();
  let slice = slices[0];
  for (let i = 0; i < CHANGES; i++) {
    // By the time since the start, so that one late timer does not make all later ones late.
    const wait = started + (i * 1000) / PER_SECOND - performance.now();
    if (wait > 0) await sleep(wait);
    const index = i % ENDPOINTS;
    if (index === 0) slice = slices[((i / ENDPOINTS) * stride) % slices.length];
    if (slice === undefined) throw new Error('no EndpointSlices');
    const address = `10.250.${i >> 8}.${i & 0xff}`;
    const endpoints = slice.endpoints.map((one, at) => (at === index ? { ...one, address } : one));
    slice = { ...slice, endpoints };
    sent();
    catalog.upsert(slice);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
