/**
 * Queries per CPU-second of the DNS server beside Knot DNS with the same names, in one run.
 *
 *     node bench/dns.ts [SECONDS]
 *
 * dnsperf asks over loopback from the other core. A server is judged by the CPU time of its own process, user and
 * system, so that a busy machine slows both and changes neither much.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster } from '../test/support/cluster.ts';
import { type Measured, measure } from './support/dnsperf.ts';
import { startKnot } from './support/knot.ts';

const SERVICES = 10_000;
const ENDPOINTS = 5;
const OUR_PORT = 15_353;
const DGRAM_PORT = 15_355;
const KNOT_PORT = 15_354;
const SECONDS = Number(process.argv[2] ?? 5);

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
  const dgram = await startOurs(DGRAM_PORT, 'dgram');
  const knot = await startKnot(KNOT_PORT, folder, cluster.services);
  if (knot !== undefined) children.push(knot);
  for (const [title, file, edns] of workloads()) {
    const we = warmAndMeasure(file, edns, OUR_PORT, ours);
    const byDgram = warmAndMeasure(file, edns, DGRAM_PORT, dgram);
    const they = knot === undefined ? undefined : warmAndMeasure(file, edns, KNOT_PORT, knot);
    report(title, we, they);
    report(`${title}, by node:dgram`, byDgram, they);
  }
  ours.send('figures');
  const [figures] = (await once(ours, 'message')) as [{ kept: number; octets: number }];
  print('dns: answers kept, and their memory', `${figures.kept}  ${(figures.octets / 1e6).toFixed(1)} MB`);
  print('dns: resident memory of the server', `${status(ours, 'VmRSS')} kB`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function workloads(): (readonly [title: string, file: string, edns: boolean])[] {
  const lines = shuffled(names);
  const plain = lines.map((name) => `${name} A`);
  const mixed = lines.map((name, i) => {
    const spelled = name.replaceAll(/[a-z]/g, (c) => (random() < 0.5 ? c.toUpperCase() : c));
    if (i % 10 < 2) return `no-${spelled} A`;
    if (i % 10 < 4) return `${spelled} AAAA`;
    return i % 10 < 5 ? `_http._tcp.${spelled} SRV` : `${spelled} A`;
  });
  return [
    ['cluster names (A)', write('plain', plain), false],
    ['20% NXDOMAIN, 20% AAAA, 10% SRV, random case', write('mixed', mixed), false],
    ['the same with EDNS', write('mixed', mixed), true],
  ];
}

/** Behind a second of the same that is not counted. */
function warmAndMeasure(file: string, edns: boolean, port: number, server: ChildProcess): Measured {
  measure({ port, file, edns, seconds: 1 }, server);
  return measure({ port, file, edns, seconds: SECONDS }, server);
}

function report(title: string, we: Measured, they: Measured | undefined): void {
  const shown = ({ perCpuSecond, perSecond, latencyUs, lost }: Measured): string =>
    `${thousands(perCpuSecond)}/cpu-s ${thousands(perSecond)}/s ${latencyUs.toFixed(0)} us lost ${lost}`;
  const peer = they === undefined ? 'knotd is not on PATH' : `knotd ${shown(they)}`;
  const ratio = they === undefined ? '' : `ratio ${(we.perCpuSecond / they.perCpuSecond).toFixed(2)}`;
  print(`dns: ${title}`, `${shown(we)}  ${peer}  ${ratio}`);
}

async function startOurs(port: number, udp: 'threads' | 'dgram'): Promise<ChildProcess> {
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
