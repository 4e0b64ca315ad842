/**
 * How soon, how smoothly and with how much memory the API source knows a cluster, and how soon it sees a change.
 *
 *     node bench/reflector.ts [KUBECONFIG]
 *
 * Reads whatever the cluster holds; without a kubeconfig an API server in memory with 10,000 Services of 5 endpoints.
 * "Waiting included" is what a DNS query would meet; on a busy machine much of it is other programs' time. Changes are one annotation of EndpointSlices, 20 a second, timed from just before they are sent.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../src/host/clock.ts';
import { createApiSource } from '../src/kube/api.ts';
import { kubeconfigConnection } from '../src/kube/auth/kubeconfig.ts';
import type { EndpointSliceRecord, Kind, ObjectRecord } from '../src/kube/records.ts';
import type { Log } from '../src/telemetry/log.ts';
import type { Sent } from './reflectorChanges.ts';

const CHANGES = 200;
const MEGABYTE = 1024 * 1024;

const print = (figure: string, value: string): void => {
  process.stdout.write(`${figure.padEnd(52)} ${value}\n`);
};
const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
/** Milliseconds since the epoch with fractions, comparable between threads. */
const now = (): number => performance.timeOrigin + performance.now();

const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
const server = process.argv[2] === undefined ? await startServer() : undefined;
const kubeconfig = process.argv[2] ?? join(folder, 'kubeconfig');
const connection = await kubeconfigConnection(kubeconfig);
// The library that reads kubeconfigs is most of this; in a cluster it is not loaded.
const memoryBefore = process.memoryUsage().rss;

const counts = new Map<Kind, number>();
const slices: EndpointSliceRecord[] = [];
let onChange: (slice: EndpointSliceRecord) => void = (slice) => slices.push(slice);
const awake = setInterval(() => undefined, 1000);
const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, message) => process.stderr.write(`${message}\n`),
  error: (_, message) => process.stderr.write(`${message}\n`),
};
const source = createApiSource({
  connection,
  nodeName: 'node-000',
  watchPods: 'none',
  clock: systemClock,
  log: quiet,
});

// A timer of 1 ms runs once in every turn of the loop that is longer, so that what is used between is one turn's.
const delay = monitorEventLoopDelay({ resolution: 1 });
const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const cpuBefore = cpu();
let lastCpu = cpuBefore;
let longestTurn = 0;
const turns = setInterval(() => {
  const used = cpu();
  longestTurn = Math.max(longestTurn, used - lastCpu);
  lastCpu = used;
}, 1);
delay.enable();
const began = performance.now();
let waitingFor = 4;
await new Promise<void>((resolve) => {
  source.start({
    upsert(record: ObjectRecord) {
      counts.set(record.kind, (counts.get(record.kind) ?? 0) + 1);
      if (record.kind === 'EndpointSlice') onChange(record);
    },
    remove: () => undefined,
    unreadable: () => undefined,
    synced(kind) {
      print(`${kind}: ${counts.get(kind) ?? 0} known after`, ms(performance.now() - began));
      waitingFor -= 1;
      if (waitingFor === 0) resolve();
    },
  });
});
delay.disable();
clearInterval(turns);
print('processor time of the main thread', ms(cpu() - cpuBefore));
print('longest block of the event loop, waiting included', ms(delay.max / 1e6 - 1));
print('longest block of the event loop, processor time', ms(longestTurn));
print('memory more than before', `${((process.memoryUsage().rss - memoryBefore) / MEGABYTE).toFixed(0)} MB`);

if (slices.length > 0) await measureChanges();

await source.stop();
clearInterval(awake);
await server?.terminate();
rmSync(folder, { recursive: true });

async function measureChanges(): Promise<void> {
  const seenAt = new Map<number, number>();
  const sent: Sent[] = [];
  onChange = (slice) => seenAt.set(slice.triggeredAt, now());
  const names = slices.slice(0, 1000).map(({ namespace, name }) => ({ namespace, name }));
  const sender = new Worker(new URL('./reflectorChanges.ts', import.meta.url), {
    workerData: { kubeconfig, names, count: CHANGES, perSecond: 20 },
  });
  sender.on('message', (message: Sent) => sent.push(message));
  await new Promise((resolve, reject) => {
    sender.once('exit', resolve);
    sender.once('error', reject);
  });
  while (sent.some(({ mark }) => !seenAt.has(mark))) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  const latencies = sent.map(({ mark, at }) => (seenAt.get(mark) ?? 0) - at).sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.floor(q * (latencies.length - 1))] ?? 0;
  print(`change to seen, median of ${latencies.length}`, ms(quantile(0.5)));
  print('change to seen, p99', ms(quantile(0.99)));
}

/** In a thread of its own, so that its work does not count as ours. */
async function startServer(): Promise<Worker> {
  const worker = new Worker(new URL('./reflectorServer.ts', import.meta.url));
  const url = await new Promise<string>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const cluster = { name: 'memory', cluster: { server: url } };
  const context = { name: 'memory', context: { cluster: 'memory' } };
  const document = { clusters: [cluster], contexts: [context], users: [], 'current-context': 'memory' };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(document));
  return worker;
}
