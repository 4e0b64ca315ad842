/** The agent and its API server as processes of their own, in the namespaces of a measurement. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
const CREDENTIALS = '/run/secrets/kubernetes.io/serviceaccount';
const PORT = 6443;
const LIMIT_MS = 120_000;

/** Filled with the cluster that `makeCluster` makes. */
export async function startApiServer(services: number, endpoints: number): Promise<ChildProcess> {
  const server = start(process.execPath, [
    join(ROOT, 'bench/support/apiServer.ts'),
    ...[services, endpoints].map(String),
    '/run/cert.pem',
    '/run/key.pem',
    String(PORT),
  ]);
  await once(server.stdout ?? server, 'data');
  return server;
}

/** With in-cluster credentials. */
export function startAgent(...flags: readonly string[]): ChildProcess {
  return start(
    process.execPath,
    `--max-semi-space-size=2 --heap-growing-percent=30 dist/fairlead.cjs run --node-name node-0 --run-dir /run/fairlead --state-dir /run/state --healthz-bind-address 127.0.0.1:10256 --dns-forward none`
      .split(' ')
      .concat(flags),
  );
}

function start(program: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(PORT) };
  return spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

export async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Resolves when the agent is. */
export async function ready(): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit) {
    const response = await fetch('http://127.0.0.1:10256/readyz').catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await sleep(10);
  }
  throw new Error(`not ready after ${LIMIT_MS / 1000} s`);
}

/** Takes away what the agent left in the kernel and on disk. */
export function cleanUp(): void {
  run(join(ROOT, 'bin/fairlead'), 'cleanup', '--run-dir', '/run/fairlead', '--state-dir', '/run/state');
}

export function makeCredentials(): void {
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/run/key.pem'];
  run('openssl', 'req', '-x509', ...key, '-out', '/run/cert.pem', '-days', '2', ...subject);
  mkdirSync(CREDENTIALS, { recursive: true });
  writeFileSync(`${CREDENTIALS}/ca.crt`, readFileSync('/run/cert.pem'));
  writeFileSync(`${CREDENTIALS}/token`, 'bench');
}

export function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
