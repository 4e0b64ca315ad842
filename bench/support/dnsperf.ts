/** Load on a DNS server over loopback, and what it costs the server. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const TICKS = 100;

export interface Load {
  readonly port: number;
  /** Lines of `NAME TYPE`. */
  readonly file: string;
  readonly seconds: number;
  /** Queries a second; as many as the server takes when left out. */
  readonly rate?: number;
  readonly edns?: boolean;
  /** Sockets that ask; 200 questions are outstanding, shared among them. 10 when left out. */
  readonly clients?: number;
}

export interface Measured {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly latencyUs: number;
  readonly sent: number;
  readonly lost: number;
}

/** Lays `load` on the server and waits for its end. */
export function measure(load: Load, server: ChildProcess): Measured {
  const before = cpuSeconds(server);
  const text = dnsperf(load);
  const cpu = cpuSeconds(server) - before;
  const field = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  return {
    perCpuSecond: field(/Queries completed:\s+(\d+)/) / cpu,
    perSecond: field(/Queries per second:\s+([\d.]+)/),
    latencyUs: 1e6 * field(/Average Latency \(s\):\s+([\d.]+)/),
    sent: field(/Queries sent:\s+(\d+)/),
    lost: field(/Queries lost:\s+(\d+)/),
  };
}

function dnsperf(load: Load): string {
  const { stdout, stderr, status } = spawnSync('dnsperf', flagsOf(load), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dnsperf: ${stderr}`);
  return stdout;
}

function flagsOf({ port, file, seconds, rate, edns, clients = 10 }: Load): string[] {
  const argv = [
    '-s',
    '127.0.0.1',
    '-p',
    port,
    '-d',
    file,
    '-l',
    seconds,
    '-c',
    clients,
    '-q',
    200,
    '-T',
    1,
    '-t',
    2,
  ];
  const options = [...(rate === undefined ? [] : ['-Q', rate]), ...(edns === true ? ['-e'] : [])];
  return [...argv, ...options].map(String);
}

export interface Latencies {
  readonly averageUs: number;
  readonly p99Us: number;
  readonly mostMs: number;
  readonly sent: number;
  readonly lost: number;
}

/**
 * Lays `load` on a server while other things happen, and tells how long each reply took. It ends before its seconds are
 * over once `until` resolves.
 */
export async function latencies(load: Load, until?: Promise<unknown>): Promise<Latencies> {
  // In a session of its own: Linux shares processors among sessions first, as it does among the pods of a node, and
  // programs that the server starts would take their time from the client.
  const child = spawn('dnsperf', [...flagsOf(load), '-v'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  void until?.then(() => child.kill('SIGINT'));
  const text = (await child.stdout.toArray()).join('');
  const times = Array.from(
    text.matchAll(/^> \S+ \S+ \S+ ([\d.]+)$/gm),
    ([, time]) => 1e6 * Number(time),
  ).sort((a, b) => a - b);
  const field = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  return {
    averageUs: times.reduce((sum, time) => sum + time, 0) / times.length,
    p99Us: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    mostMs: (times.at(-1) ?? Number.NaN) / 1000,
    sent: field(/Queries sent:\s+(\d+)/),
    lost: field(/Queries lost:\s+(\d+)/),
  };
}

/** User and system time of the process, in seconds. */
export function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
