/**
 * The TCP relay of userspace mode beside HAProxy and beside Node's own sockets, in one run over loopback.
 *
 *     node bench/relay.ts [ROUNDS [idle|throughput|connections|latency|names...]]
 *
 * Every round measures each relay just after the others, and what is printed is the median of the rounds, of latencies
 * the best. Throughput and connections are given by elapsed time and by processor time of the relay's process: the first
 * is what clients see, and on a machine that does other work only the second can be relied on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { on } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesLimit } from '../src/host/openFiles.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { type Latencies, latencies } from './support/dnsperf.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { startHaproxy } from './support/haproxy.ts';
import { type Loader, loader } from './support/loader.ts';
import { cpuSeconds, residentMB } from './support/processFigures.ts';
import { quantile } from './support/proxy.ts';

const [ROUNDS = 5] = process.argv.slice(2).map(Number);
const WANTED = process.argv.slice(3);
const FLOOD_MS = 1_000;
const REPLY_MS = 1_000;
const ECHOES = 5_000;
const MOST_IDLE = 10_000;
const CLIENTS = 4;
const SERVICES = 1_000;
const DNS_PORT = 17_053;
const DNS_RATE = 1_000;
const DNS_SECONDS = 4;
const KINDS = ['flood', 'reply', 'echo', 'hold'] as const;
type Kind = (typeof KINDS)[number];
const BACKENDS: Readonly<Record<Kind, number>> = { flood: 17_001, reply: 17_002, echo: 17_003, hold: 17_010 };

/** Descriptors of a relay beside those of connections. */
const SPARE_FILES = 1_000;
/** As many as may be open, at two each. */
const IDLE = Math.min(MOST_IDLE, Math.floor(((await openFilesLimit()) - 2 * SPARE_FILES) / 2));

/** The second for what the first does not see fit to splice: one stream as fast as it goes. */
const PEERS = [
  ['haproxy', 3_000, 'auto'],
  ['haproxy, splicing all', 4_000, 'always'],
] as const;

interface Relay {
  readonly name: string;
  /** Added to a backend's port. */
  readonly offset: number;
  readonly process: ChildProcess | undefined;
}

// Other people's rules are of no interest here.
enterOwnNamespaces(import.meta.filename);
const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
const children: ChildProcess[] = [];
try {
  for (const kind of ['flood', 'reply', 'echo'] as const) {
    // One serves one connection at a time.
    for (let i = 0; i < (kind === 'reply' ? CLIENTS : 1); i++) await startServer(kind, BACKENDS[kind]);
  }
  const relays: Relay[] = [
    { name: 'direct', offset: 0, process: undefined },
    { name: 'ours', offset: 1_000, process: await startOurs('thread', 1_000) },
    { name: 'node', offset: 2_000, process: await startOurs('node', 2_000) },
  ];
  for (const [name, offset, splice] of PEERS) {
    const peer = await startHaproxy(pairs(offset), folder, IDLE + SPARE_FILES / 4, splice);
    if (peer === undefined) process.stdout.write('haproxy is not on PATH\n');
    else {
      children.push(peer);
      relays.push({ name, offset, process: peer });
    }
  }
  const clients = Array.from({ length: CLIENTS }, () => loader(start('tcpClient.ts', [])));
  const parts = { idle, throughput, connections, latency, names };
  for (const [name, part] of Object.entries(parts)) {
    if (WANTED.length === 0 || WANTED.includes(name)) await part(relays, clients);
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function throughput(relays: readonly Relay[], [client]: readonly Loader[]): Promise<void> {
  const one = async (relay: Relay): Promise<Rates> => {
    const { result, cpu } = await metered(relay, () =>
      client?.ask('flood', BACKENDS.flood + relay.offset, FLOOD_MS),
    );
    const octets = Number(result);
    return { perSecond: (8 * octets) / 1e9, perCpuSecond: (8 * octets * FLOOD_MS) / 1e12 / cpu };
  };
  await compare('one stream', 'Gb', relays, one);
}

async function connections(relays: readonly Relay[], clients: readonly Loader[]): Promise<void> {
  const one = async (relay: Relay): Promise<Rates> => {
    const { result, cpu } = await metered(relay, () =>
      Promise.all(clients.map((client) => client.ask('reply', BACKENDS.reply + relay.offset, REPLY_MS))),
    );
    const made = (result as number[]).reduce((sum, count) => sum + count, 0);
    return { perSecond: made / 1e3, perCpuSecond: (made * REPLY_MS) / 1e6 / cpu };
  };
  await compare('new connections, request and reply', 'k', relays, one);
}

interface Rates {
  readonly perSecond: number;
  /** Of the relay's own processor time. */
  readonly perCpuSecond: number;
}

async function compare(
  title: string,
  unit: string,
  relays: readonly Relay[],
  measure: (relay: Relay) => Promise<Rates>,
): Promise<void> {
  const rounds = await inRounds(relays, measure);
  const ofOurs = rounds.get('ours') ?? [];
  for (const [name, rates] of rounds) {
    const shown = quantile(
      rates.map(({ perSecond }) => perSecond),
      0.5,
    );
    const byCpu = quantile(
      rates.map(({ perCpuSecond }) => perCpuSecond),
      0.5,
    );
    const ratio = (key: keyof Rates): string =>
      quantile(
        rates.map((rate, i) => (ofOurs[i]?.[key] ?? 0) / rate[key]),
        0.5,
      ).toFixed(2);
    const cpu = name === 'direct' ? '' : `  ${byCpu.toFixed(1)} ${unit}/cpu-s`;
    const ratios =
      name === 'ours' || name === 'direct'
        ? ''
        : `  ours/it ${ratio('perSecond')}, by CPU ${ratio('perCpuSecond')}`;
    print(`${title}: ${name}`, `${shown.toFixed(1)} ${unit}/s${cpu}${ratios}`);
  }
}

async function latency(relays: readonly Relay[], [client]: readonly Loader[]): Promise<void> {
  const rounds = await inRounds(relays, async (relay) => {
    const took = (await client?.ask('echo', BACKENDS.echo + relay.offset, ECHOES)) as number[];
    return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
  });
  // The best of the rounds: what else the machine does only adds to it.
  const best = (name: string, key: 'p50' | 'p99'): number =>
    Math.min(...(rounds.get(name) ?? []).map((times) => times[key]));
  for (const { name } of relays) {
    const [p50, p99] = [best(name, 'p50'), best(name, 'p99')];
    const added = `added ${(p50 - best('direct', 'p50')).toFixed(0)} and ${(p99 - best('direct', 'p99')).toFixed(0)} us`;
    print(
      `100 octets there and back: ${name}`,
      `median ${p50.toFixed(0)} us p99 ${p99.toFixed(0)} us  ${added}`,
    );
  }
}

/** Memory of the relay's process, before and with many connections that say nothing. */
async function idle(relays: readonly Relay[]): Promise<void> {
  for (const { name, offset, process } of relays) {
    if (process === undefined) continue;
    // Those of one relay are all that one server can hold.
    const server = await startServer('hold', backendOf('hold', offset));
    const client = start('tcpClient.ts', []);
    const before = residentMB(process);
    const cpu = cpuSeconds(process);
    await loader(client).ask('hold', BACKENDS.hold + offset, IDLE);
    const spent = cpuSeconds(process) - cpu;
    const after = residentMB(process);
    client.kill('SIGKILL');
    server.kill('SIGKILL');
    const each = `${((1000 * (after - before)) / IDLE).toFixed(1)} kB and ${((1e6 * spent) / IDLE).toFixed(0)} us each`;
    print(
      `${IDLE} idle connections: ${name}`,
      `${after.toFixed(0)} MB, ${(after - before).toFixed(0)} more: ${each}`,
    );
  }
}

/** DNS of the same process, before and while its relay does all that it can. */
async function names(_: readonly Relay[], clients: readonly Loader[]): Promise<void> {
  const { services } = makeCluster({ services: SERVICES, endpointsPerService: 1, namespaces: 20, nodes: 50 });
  const file = join(folder, 'names');
  writeFileSync(
    file,
    services.map(({ name, namespace }) => `${name}.${namespace}.svc.cluster.local A\n`).join(''),
  );
  const offset = 5_000;
  const argv = [DNS_PORT, SERVICES, 1, 'threads', ...portArguments(offset)].map(String);
  const server = start('dnsAndRelay.ts', argv);
  await listening(server, 'listening');
  const asked = (): Promise<Latencies> =>
    latencies({ file, seconds: DNS_SECONDS, rate: DNS_RATE, port: DNS_PORT });
  await asked();
  const calm = await asked();
  const ms = 1_500 * DNS_SECONDS;
  const load = clients.map((one, i) => {
    const kind = i === 0 ? 'flood' : 'reply';
    return one.ask(kind, BACKENDS[kind] + offset, ms);
  });
  const busy = await asked();
  await Promise.all(load);
  for (const [title, { averageUs, p99Us, mostMs, lost }] of [
    ['calm', calm],
    ['relay at full load', busy],
  ] as const) {
    const value = `average ${averageUs.toFixed(0)} us p99 ${(p99Us / 1000).toFixed(2)} ms most ${mostMs.toFixed(1)} ms lost ${lost}`;
    print(`${DNS_RATE} names a second of the same process: ${title}`, value);
  }
}

async function inRounds<T>(
  relays: readonly Relay[],
  measure: (relay: Relay) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const results = new Map(relays.map(({ name }) => [name, [] as T[]]));
  // What is compiled and learned at first is not counted.
  for (const relay of relays) await measure(relay);
  for (let round = 0; round < ROUNDS; round++) {
    for (const relay of relays) results.get(relay.name)?.push(await measure(relay));
  }
  return results;
}

async function metered<T>(
  relay: Relay,
  work: () => Promise<T> | undefined,
): Promise<{ result: T | undefined; cpu: number }> {
  const before = cpuSeconds(relay.process);
  const result = await work();
  return { result, cpu: cpuSeconds(relay.process) - before };
}

async function startOurs(way: 'thread' | 'node', offset: number): Promise<ChildProcess> {
  // As bin/fairlead runs the agent.
  const child = start(
    'relayServer.ts',
    [way, ...portArguments(offset)],
    ['--max-semi-space-size=2', '--heap-growing-percent=30'],
  );
  await listening(child);
  return child;
}

function portArguments(offset: number): string[] {
  return pairs(offset).map(([port, backend]) => `${port}=${backend}`);
}

function pairs(offset: number): (readonly [number, number])[] {
  return KINDS.map((kind) => [BACKENDS[kind] + offset, backendOf(kind, offset)]);
}

function backendOf(kind: Kind, offset: number): number {
  return BACKENDS[kind] + (kind === 'hold' ? offset / 1_000 : 0);
}

async function startServer(kind: Kind, port: number): Promise<ChildProcess> {
  const server = start('tcpServer.ts', [kind, String(port)]);
  await listening(server);
  return server;
}

function start(script: string, argv: readonly string[], flags: readonly string[] = []): ChildProcess {
  const file = join(import.meta.dirname, 'support', script);
  const child = spawn(process.execPath, [...flags, file, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function listening(child: ChildProcess, line = ''): Promise<void> {
  if (child.stdout === null) return;
  for await (const chunk of on(child.stdout, 'data')) if (String(chunk).includes(line)) return;
}

function print(figure: string, value: string): void {
  process.stdout.write(`${figure.padEnd(52)} ${value}\n`);
}
