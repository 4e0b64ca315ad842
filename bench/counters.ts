/**
 * What it costs to read how many connections each Service had (`--count-connections`): the time, our own CPU time
 * in it, and how long the event loop was held.
 *
 *     node bench/counters.ts [nft|legacy] [SERVICES...]
 */
import { systemClock } from '../src/host/clock.ts';
import { systemExec } from '../src/host/exec.ts';
import { watchEventLoop } from '../src/telemetry/processMetrics.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { filledCatalog } from './support/catalog.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend, quantile, type Variant } from './support/proxy.ts';

const ENDPOINTS = 5;
const READINGS = 5;

enterOwnNamespaces(import.meta.filename);

const [first, ...rest] = process.argv.slice(2);
const variants: readonly Variant[] = first === 'nft' || first === 'legacy' ? [first] : ['nft', 'legacy'];
const sizes = rest.length > 0 ? rest.map(Number) : [1000, 10_000];
for (const variant of variants) for (const services of sizes) await measure(variant, services);

async function measure(variant: Variant, services: number): Promise<void> {
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const { picture } = filledCatalog(cluster.records);
  let elapsed = 0;
  // The pause between two readings is skipped.
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + elapsed };
  const backend = await createBackend(variant, systemExec, clock);
  await backend.sync(picture, undefined);
  const loop = watchEventLoop();
  const times: number[] = [];
  const own: number[] = [];
  for (let i = 0; i < READINGS; i++) {
    elapsed += 3_600_000;
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    await backend.connections.refresh();
    times.push(performance.now() - started);
    const { user, system } = process.cpuUsage(cpu);
    own.push((user + system) / 1000);
  }
  const line = (figure: string, value: string): void => {
    const what = `counters, iptables-${variant}, ${services} x ${ENDPOINTS}: ${figure}`;
    process.stdout.write(`${what.padEnd(58)} ${value}\n`);
  };
  line('one reading, median', `${quantile(times, 0.5).toFixed(0)} ms`);
  line('CPU time of our own process', `${quantile(own, 0.5).toFixed(0)} ms`);
  line('longest event-loop block', `${loop.longestMs().toFixed(0)} ms`);
  loop.stop();
  await backend.cleanup();
}
