/**
 * How long names take at a steady rate, beside Knot DNS, and while the agent's other half works in the same process:
 * 1,000 Services change, and the rules of all are written for the first time. And what DNS takes of memory.
 *
 *     node bench/dnsLatency.ts [SECONDS]
 *
 * Runs itself in a sandbox, for the rules. dnsperf tells the time of each reply.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster } from '../test/support/cluster.ts';
import { type Latencies, latencies, measure } from './support/dnsperf.ts';
import { type Holding, watchHolding } from './support/holding.ts';
import { startKnot } from './support/knot.ts';

const SERVICES = 10_000;
const ENDPOINTS = 5;
const OUR_PORT = 15_353;
const KNOT_PORT = 15_354;
const RATE = 20_000;
const BUSY_RATE = 2000;
/** In seconds: names are asked until it is over. */
const LONGEST_SYNC = 300;
const SECONDS = Number(process.argv[2] ?? 4);
const ROUNDS = 5;

if (process.env['FAIRLEAD_SANDBOX'] === undefined) {
  const argv = ['scripts/sandbox.sh', process.execPath, import.meta.filename, ...process.argv.slice(2)];
  const cwd = join(import.meta.dirname, '..');
  // tcpdump wants to be root itself, not of a user namespace.
  const env = process.getuid?.() === 0 ? { ...process.env, FAIRLEAD_SANDBOX_USER: 'root' } : process.env;
  process.exit(spawnSync('sh', argv, { cwd, env, stdio: 'inherit' }).status ?? 1);
}

const { services } = makeCluster({
  services: SERVICES,
  endpointsPerService: ENDPOINTS,
  namespaces: 20,
  nodes: 50,
});
const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
const file = join(folder, 'names');
writeFileSync(
  file,
  services.map(({ name, namespace }) => `${name}.${namespace}.svc.cluster.local A\n`).join(''),
);
const children: ChildProcess[] = [];
try {
  await memory();
  const ours = await startOurs(OUR_PORT, SERVICES);
  await steady(ours);
  await busy(ours);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function steady(ours: ChildProcess): Promise<void> {
  const knot = await startKnot(KNOT_PORT, folder, services);
  if (knot !== undefined) children.push(knot);
  const load = { file, seconds: SECONDS, rate: RATE };
  // As fast as it goes first: every name is asked, and the code compiled.
  measure({ file, seconds: 3, port: OUR_PORT }, ours);
  const servers = [
    { name: 'ours', port: OUR_PORT },
    ...(knot === undefined ? [] : [{ name: 'knotd', port: KNOT_PORT }]),
  ];
  const runs = new Map<string, Run[]>(servers.map(({ name }) => [name, []]));
  // In turns: what else the machine does then troubles both.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, port } of round % 2 === 0 ? servers : servers.toReversed()) {
      const held = await watchHolding(port, join(folder, 'capture'));
      const seen = await latencies({ ...load, port });
      runs.get(name)?.push({ seen, held: await held?.() });
    }
  }
  knot?.kill('SIGKILL');
  for (const [name, taken] of runs) {
    const { seen, held } = median(taken);
    print(`dns: ${RATE / 1000}k queries a second, ${name}`, shown(seen));
    if (held !== undefined) print('dns: of it at the server', shownHolding(held));
  }
  if (knot === undefined) print('dns: knotd', 'not on PATH');
}

interface Run {
  readonly seen: Latencies;
  readonly held: Holding | undefined;
}

/** The run in the middle, by average. */
function median(runs: readonly Run[]): Run {
  const middle = runs.toSorted((a, b) => a.seen.averageUs - b.seen.averageUs)[runs.length >> 1];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

async function busy(ours: ChildProcess): Promise<void> {
  const held = await watchHolding(OUR_PORT, join(folder, 'capture'));
  const took = once(ours, 'message');
  ours.send('work');
  const during = await latencies({ file, seconds: LONGEST_SYNC, rate: BUSY_RATE, port: OUR_PORT }, took);
  const [{ changes, sync }] = (await took) as [{ changes: number; sync: number }];
  print(`dns: ${BUSY_RATE / 1000}k a second, 1,000 changes and a 10k first sync`, shown(during));
  if (held !== undefined) print('dns: of it at the server', shownHolding(await held()));
  print('dns: which took', `${changes.toFixed(1)} s the changes, ${sync.toFixed(1)} s the sync`);
}

/** Of a process that has everything, and been asked for every name, over one that has nothing. */
async function memory(): Promise<void> {
  const idle = await startOurs(OUR_PORT, 0);
  const before = await residentMB(idle);
  await end(idle);
  const full = await startOurs(OUR_PORT, SERVICES);
  const known = await residentMB(full);
  measure({ file, seconds: 2, port: OUR_PORT }, full);
  const asked = await residentMB(full);
  await end(full);
  print(
    `dns: memory of ${SERVICES} Services, ${SERVICES * ENDPOINTS} endpoints over none`,
    `${(known - before).toFixed(0)} MB`,
  );
  print('dns: and once every name was asked', `${(asked - before).toFixed(0)} MB`);
}

async function residentMB(server: ChildProcess): Promise<number> {
  server.send('figures');
  await once(server, 'message');
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
}

async function startOurs(port: number, count: number): Promise<ChildProcess> {
  const argv = [port, count, ENDPOINTS].map(String);
  // As bin/fairlead runs the agent, which trades speed of the collector for memory.
  const execArgv = ['--expose-gc', '--max-semi-space-size=2', '--heap-growing-percent=30'];
  const child = fork(join(import.meta.dirname, 'support/dnsServer.ts'), argv, { silent: true, execArgv });
  children.push(child);
  child.stderr?.pipe(process.stderr);
  await once(child.stdout ?? child, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function shown({ averageUs, p99Us, mostMs, sent, lost }: Latencies): string {
  return `average ${averageUs.toFixed(0)} us p99 ${p99Us.toFixed(0)} us most ${mostMs.toFixed(1)} ms lost ${lost} of ${sent}`;
}

function shownHolding({ averageUs, p99Us, mostMs, replies }: Holding): string {
  return `average ${averageUs.toFixed(0)} us p99 ${p99Us.toFixed(0)} us most ${mostMs.toFixed(1)} ms of ${replies}`;
}

function print(figure: string, value: string): void {
  process.stdout.write(`${figure.padEnd(58)} ${value}\n`);
}
