/**
 * Names outside the cluster, from the cache: queries per CPU-second beside the caching resolvers on PATH, in one run.
 *
 *     node bench/dnsExternal.ts [SECONDS]
 *
 * All ask the same small authoritative server of ours, and only once: what is measured is answering from memory.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHING_PEERS } from './support/dnsPeers.ts';
import { type Measured, measure } from './support/dnsperf.ts';

const NAMES = 5000;
const UPSTREAM_PORT = 15_360;
const OUR_PORT = 15_361;
const PEER_PORT = 15_362;
const SECONDS = Number(process.argv[2] ?? 1);
/** For every name to be kept, and asked for often enough that threads tell it. */
const WARM_SECONDS = 8;
const ROUNDS = 7;

const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
const children: ChildProcess[] = [];
try {
  await startNode('dnsUpstream.ts', UPSTREAM_PORT);
  const ours = await startNode('dnsForwardServer.ts', OUR_PORT, UPSTREAM_PORT);
  const peers = await startPeers();
  if (peers.length === 0) print('dns: cached external names', 'no caching resolver is on PATH');
  for (const [title, file, edns] of workloads()) {
    const load = { file, edns, seconds: SECONDS };
    const all = [{ name: 'ours', port: OUR_PORT, server: ours }, ...peers];
    const runs = new Map<string, Measured[]>(all.map(({ name }) => [name, []]));
    for (const { port, server } of all) measure({ ...load, port, seconds: WARM_SECONDS }, server);
    // In turns: what else the machine does then troubles all of them.
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, port, server } of all) runs.get(name)?.push(measure({ ...load, port }, server));
    }
    const we = median(runs.get('ours') ?? []);
    for (const { name } of peers) {
      const they = median(runs.get(name) ?? []);
      const ratio = medianRatio(runs.get('ours') ?? [], runs.get(name) ?? []).toFixed(2);
      print(`dns: ${title}`, `${shown(we)}  ${name} ${shown(they)}  ratio ${ratio}`);
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function workloads(): (readonly [title: string, file: string, edns: boolean])[] {
  const names = Array.from({ length: NAMES }, (_, i) => `host-${(i * 7919) % NAMES}.example.com`);
  const plain = names.map((name) => `${name} A`);
  const mixed = names.map((name, i) =>
    i % 5 === 0 ? `no-${name} A` : `${name} ${i % 5 === 1 ? 'AAAA' : 'A'}`,
  );
  return [
    ['cached external names (A)', write('plain', plain), false],
    ['the same, 20% NXDOMAIN, 20% AAAA, EDNS', write('mixed', mixed), true],
  ];
}

/** The run in the middle, by queries per CPU-second. */
function median(runs: readonly Measured[]): Measured {
  const middle = runs.toSorted((a, b) => a.perCpuSecond - b.perCpuSecond)[runs.length >> 1];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** Of the rounds, each with the other's just before or after it. */
function medianRatio(ours: readonly Measured[], others: readonly Measured[]): number {
  const ratios = ours.map((run, i) => run.perCpuSecond / (others[i]?.perCpuSecond ?? Number.NaN));
  return ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? Number.NaN;
}

interface StartedPeer {
  readonly name: string;
  readonly port: number;
  readonly server: ChildProcess;
}

async function startPeers(): Promise<StartedPeer[]> {
  const found: StartedPeer[] = [];
  for (const { name, argv } of CACHING_PEERS) {
    if (spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0) continue;
    const port = PEER_PORT + found.length;
    const [program = '', ...args] = argv(port, UPSTREAM_PORT, folder);
    const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(server);
    await answering(name, port);
    found.push({ name, port, server });
  }
  return found;
}

async function answering(name: string, port: number): Promise<void> {
  const argv = ['@127.0.0.1', '-p', String(port), '+time=1', '+tries=1', 'ready.example.com'];
  for (let left = 100; left > 0; left--) {
    if (spawnSync('dig', argv).status === 0) return;
    await sleep(100);
  }
  throw new Error(`${name} does not answer`);
}

async function startNode(script: string, ...argv: readonly number[]): Promise<ChildProcess> {
  const file = join(import.meta.dirname, 'support', script);
  const child = spawn(process.execPath, [file, ...argv.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

function shown({ perCpuSecond, perSecond, latencyUs, lost }: Measured): string {
  return `${thousands(perCpuSecond)}/cpu-s ${thousands(perSecond)}/s ${latencyUs.toFixed(0)} us lost ${lost}`;
}

function thousands(value: number): string {
  return `${(value / 1000).toFixed(1)}k`;
}

function write(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function print(figure: string, value: string): void {
  process.stdout.write(`${figure.padEnd(58)} ${value}\n`);
}
