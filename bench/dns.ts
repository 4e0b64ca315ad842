/**
 * Queries per CPU-second of the DNS server beside Knot DNS with the same names, in one run.
 *
 *     node bench/dns.ts [SECONDS]
 *
 * dnsperf asks over loopback from the other core. A server is judged by the CPU time of its own process, user and
 * system, so that a busy machine slows both and changes neither much; in turns, and the median of ratios counts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster } from '../test/support/cluster.ts';
import { type Load, type Measured, measure } from './support/dnsperf.ts';
import { startKnot } from './support/knot.ts';

const SERVICES = 10_000;
const ENDPOINTS = 5;
const OUR_PORT = 15_353;
const DGRAM_PORT = 15_355;
const JOINING_PORT = 15_356;
const KNOT_PORT = 15_354;
const SECONDS = Number(process.argv[2] ?? 1);
const ROUNDS = 9;
const KNOT = 'knotd';

interface Server {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

const cluster = makeCluster({
  services: SERVICES,
  endpointsPerService: ENDPOINTS,
  namespaces: 20,
  nodes: 50,
});
const names = cluster.services.map(({ name, namespace }) => `${name}.${namespace}.svc.cluster.local`);
const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
const random = makeRandom(1);
const children: ChildProcess[] = [];
try {
  const ours = await startOurs(OUR_PORT, 'threads');
  const joining = await startOurs(JOINING_PORT, 'joining');
  const dgram = await startOurs(DGRAM_PORT, 'dgram');
  const knot = await startKnot(KNOT_PORT, folder, cluster.services);
  if (knot !== undefined) children.push(knot);
  const servers: Server[] = [
    { name: 'ours', port: OUR_PORT, child: ours },
    { name: 'joining two', port: JOINING_PORT, child: joining },
    { name: 'by node:dgram', port: DGRAM_PORT, child: dgram },
    ...(knot === undefined ? [] : [{ name: KNOT, port: KNOT_PORT, child: knot }]),
  ];
  if (knot === undefined) print('dns: knotd', 'not on PATH');
  for (const { title, ...load } of workloads()) report(title, inTurns(load, servers));
  ours.send('figures');
  const [figures] = (await once(ours, 'message')) as [{ kept: number; octets: number }];
  print('dns: answers kept, and their memory', `${figures.kept}  ${(figures.octets / 1e6).toFixed(1)} MB`);
  print('dns: resident memory of the server', `${status(ours, 'VmRSS')} kB`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function workloads(): (Omit<Load, 'port' | 'seconds'> & { readonly title: string })[] {
  const lines = shuffled(names);
  const plain = lines.map((name) => `${name} A`);
  const mixed = lines.map((name, i) => {
    const spelled = name.replaceAll(/[a-z]/g, (c) => (random() < 0.5 ? c.toUpperCase() : c));
    if (i % 10 < 2) return `no-${spelled} A`;
    if (i % 10 < 4) return `${spelled} AAAA`;
    return i % 10 < 5 ? `_http._tcp.${spelled} SRV` : `${spelled} A`;
  });
  const [plainFile, mixedFile] = [write('plain', plain), write('mixed', mixed)];
  return [
    { title: 'cluster names (A)', file: plainFile },
    { title: 'A, 200 clients with one question each', file: plainFile, clients: 200 },
    { title: '20% NXDOMAIN, 20% AAAA, 10% SRV, random case', file: mixedFile },
    { title: 'the same with EDNS', file: mixedFile, edns: true },
  ];
}

/** What each server did, a round after the other. */
type Rounds = ReadonlyMap<string, readonly Measured[]>;

/** The same load on all of them, again and again, every other round the other way round. */
function inTurns(load: Omit<Load, 'port' | 'seconds'>, servers: readonly Server[]): Rounds {
  const rounds = new Map<string, Measured[]>(servers.map(({ name }) => [name, []]));
  // Every name is asked once, and the code compiled.
  for (const { port, child } of servers) measure({ ...load, port, seconds: 2 }, child);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, port, child } of round % 2 === 0 ? servers : servers.toReversed()) {
      rounds.get(name)?.push(measure({ ...load, port, seconds: SECONDS }, child));
    }
  }
  return rounds;
}

function report(title: string, rounds: Rounds): void {
  const knot = rounds.get(KNOT) ?? [];
  for (const [name, runs] of rounds) {
    const figures = `${thousands(median(runs.map((run) => run.perCpuSecond)))}/cpu-s`;
    const pace = `${thousands(median(runs.map((run) => run.perSecond)))}/s`;
    const lost = runs.reduce((sum, run) => sum + run.lost, 0);
    const ratios = runs.flatMap((run, i) => {
      const other = knot[i];
      return other === undefined || name === KNOT ? [] : [run.perCpuSecond / other.perCpuSecond];
    });
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    const ratio =
      ratios.length === 0
        ? ''
        : `of knotd ${median(ratios).toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
    print(`dns: ${title}, ${name}`, `${figures} ${pace} lost ${lost} ${ratio}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function startOurs(port: number, udp: 'threads' | 'joining' | 'dgram'): Promise<ChildProcess> {
  const argv = [port, SERVICES, ENDPOINTS, udp].map(String);
  const child = fork(join(import.meta.dirname, 'support/dnsServer.ts'), argv, { silent: true });
  children.push(child);
  child.stderr?.pipe(process.stderr);
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const { updateMs } = JSON.parse(line.toString()) as { updateMs: number };
  print(
    `dns: taking over ${SERVICES} Services, ${SERVICES * ENDPOINTS} endpoints`,
    `${updateMs.toFixed(0)} ms`,
  );
  return child;
}

function status({ pid }: ChildProcess, field: string): string {
  return new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '?';
}

function write(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** The same order in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

function thousands(value: number): string {
  return `${(value / 1000).toFixed(1)}k`;
}

function print(figure: string, value: string): void {
  process.stdout.write(`${figure.padEnd(58)} ${value}\n`);
}
