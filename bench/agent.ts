/**
 * What the agent costs a node: start to ready, memory, and how long its event loop was ever held; and a start while the
 * API server is away.
 *
 *     node bench/agent.ts [SERVICES...]
 *
 * Runs itself in namespaces of its own. The agent is the bundle with in-cluster credentials over TLS, as in a DaemonSet; the API
 * server is the playground's, in a process of its own on the same two cores, so times are upper bounds.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cleanUp,
  killed,
  makeCredentials,
  ready,
  run,
  startAgent,
  startApiServer,
} from './support/agentProcess.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';

const ENDPOINTS = 5;
const IDLE_MS = 10_000;

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
  const server = await startApiServer(services, ENDPOINTS);
  const before = performance.now();
  const agent = startAgent('--log-level', 'warn');
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
  cleanUp();
}

/** After a crash, its rules in the kernel, and nobody who could tell it the cluster. */
async function measureRestart(report: (figure: string, value: string) => void): Promise<void> {
  const before = performance.now();
  const agent = startAgent('--log-level', 'error');
  await ready();
  report('start to ready, API server away', `${((performance.now() - before) / 1000).toFixed(2)} s`);
  report('longest event-loop block, API server away', `${(await longestBlock()).toFixed(0)} ms`);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
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
