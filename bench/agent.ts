/**
 * What the agent costs a node: start to ready, memory, and how long its event loop was ever held; and a start while the
 * API server is away.
 *
 *     node bench/agent.ts [SERVICES...]
 *
 * Runs itself in namespaces of its own. The agent is the bundle with in-cluster credentials over TLS, as in a DaemonSet; the API
 * server is the playground's, in a process of its own on the same two cores, so times are upper bounds.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';

const ENDPOINTS = 5;
const ROOT = join(import.meta.dirname, '..');
const CREDENTIALS = '/run/secrets/kubernetes.io/serviceaccount';
const PORT = 6443;
const IDLE_MS = 10_000;
const LIMIT_MS = 120_000;

enterOwnNamespaces(import.meta.filename);

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0, 1000, 10_000];
makeCredentials();
// The address of node-0, which the agent answers DNS on.
run('ip', 'addr', 'add', '192.168.0.1/32', 'dev', 'lo');
for (const services of sizes) await measure(services);

async function measure(services: number): Promise<void> {
  const report = (figure: string, value: string): void => {
    process.stdout.write(`${`agent, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(58)} ${value}\n`);
  };
  const server = start(process.execPath, [
    join(ROOT, 'bench/support/apiServer.ts'),
    ...[services, ENDPOINTS].map(String),
    '/run/cert.pem',
    '/run/key.pem',
    String(PORT),
  ]);
  await once(server.stdout ?? server, 'data');
  const before = performance.now();
  const agent = startAgent();
  const peak = samplePeak(agent);
  await ready();
  report('start to ready', `${((performance.now() - before) / 1000).toFixed(2)} s`);
  await sleep(IDLE_MS);
  report('resident memory while loading, peak', `${peak.stop().toFixed(0)} MB`);
  report(`resident memory ${IDLE_MS / 1000} s after ready`, `${residentMB(agent, 'VmRSS').toFixed(0)} MB`);
  report('anonymous part of it', `${residentMB(agent, 'RssAnon').toFixed(0)} MB`);
  // Last: the metrics library is loaded by the first scrape.
  report('longest event-loop block since start', `${(await longestBlock()).toFixed(0)} ms`);
  report('resident memory after a scrape', `${residentMB(agent, 'VmRSS').toFixed(0)} MB`);
  await killed(agent);
  await killed(server);
  await measureRestart(report);
  run(join(ROOT, 'bin/fairlead'), 'cleanup', '--run-dir', '/run/fairlead', '--state-dir', '/run/state');
}

/** After a crash, its rules in the kernel, and nobody who could tell it the cluster. */
async function measureRestart(report: (figure: string, value: string) => void): Promise<void> {
  const before = performance.now();
  const agent = startAgent('error');
  await ready();
  report('start to ready, API server away', `${((performance.now() - before) / 1000).toFixed(2)} s`);
  report('longest event-loop block, API server away', `${(await longestBlock()).toFixed(0)} ms`);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function ready(): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit) {
    const response = await fetch('http://127.0.0.1:10256/readyz').catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await sleep(10);
  }
  throw new Error(`not ready after ${LIMIT_MS / 1000} s`);
}

async function longestBlock(): Promise<number> {
  const text = await (await fetch('http://127.0.0.1:10249/metrics')).text();
  const seconds = /^fairlead_event_loop_longest_seconds(?:\{.*\})? (\S+)$/m.exec(text)?.[1];
  return Number(seconds) * 1000;
}

/** From /proc, in MB of 10^6 bytes. */
function residentMB(child: ChildProcess, field: 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
}

function samplePeak(child: ChildProcess): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMB(child, 'VmRSS'));
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

function start(program: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(PORT) };
  return spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function startAgent(logLevel = 'warn'): ChildProcess {
  return start(
    process.execPath,
    `--max-semi-space-size=2 --heap-growing-percent=30 dist/fairlead.cjs run --node-name node-0 --run-dir /run/fairlead --state-dir /run/state --log-level ${logLevel}`
      .concat(' --healthz-bind-address 127.0.0.1:10256 --dns-forward none')
      .split(' '),
  );
}

function makeCredentials(): void {
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/run/key.pem'];
  run('openssl', 'req', '-x509', ...key, '-out', '/run/cert.pem', '-days', '2', ...subject);
  mkdirSync(CREDENTIALS, { recursive: true });
  writeFileSync(`${CREDENTIALS}/ca.crt`, readFileSync('/run/cert.pem'));
  writeFileSync(`${CREDENTIALS}/token`, 'bench');
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
