/**
 * What it costs to be told of what others do to rules, beside `nft monitor`.
 *
 *     node bench/watch.ts [SERVICES...]
 *
 * The nft backend and its watch in this process, as the agent puts them together, one IP family. A sync is made with
 * the watch and without in turns, for the kernel makes news only if somebody listens. `nft monitor` that cannot tell of
 * deletions alone (1.0.7 and later) is left out. Runs itself in namespaces of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../src/host/clock.ts';
import { startCompanion } from '../src/host/companion.ts';
import { systemExec } from '../src/host/exec.ts';
import { joinGroup } from '../src/host/netlink/group.ts';
import { RuleWatch } from '../src/netfilter/ruleWatch.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { filledCatalog } from './support/catalog.ts';
import { cpuSeconds, watchTurns } from './support/cpu.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend } from './support/proxy.ts';
import { cpuSeconds as cpuOf } from './support/processFigures.ts';

const ENDPOINTS = 5;
const IDLE_MS = 20_000;
const THEIRS = 10_000;

enterOwnNamespaces(import.meta.filename);
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0, 1000, 10_000];
for (const services of sizes) await measure(services);

async function measure(services: number): Promise<void> {
  const report = (figure: string, value: string): void => {
    process.stdout.write(`${`watch, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(66)} ${value}\n`);
  };
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const { picture } = filledCatalog(cluster.records);
  const watch = new RuleWatch({
    exec: systemExec,
    clock: systemClock,
    companion: startCompanion,
    join: joinGroup,
    onDeaf: (reason) => report('cannot listen', reason),
  });
  const backend = await createBackend('nft', watch.exec, systemClock, watch);
  const foreign: string[] = [];
  const listen = (): ReturnType<typeof backend.watch & object> =>
    backend.watch?.((what) => void foreign.push(what)) ?? Promise.resolve(undefined);

  await backend.sync(picture, undefined);
  const before = memory();
  const first = await listen();
  const after = memory();
  report('memory of listening, resident', mb(after.resident - before.resident));
  report('of it not of a file', mb(after.anonymous - before.anonymous));
  report(`CPU of ${IDLE_MS / 1000} s in which nothing happens`, ms(await idle()));
  await first?.stop();
  const costs: Record<'with' | 'without', { own: number; children: number }[]> = { with: [], without: [] };
  for (let round = 0; round < 2; round++) {
    for (const how of ['without', 'with'] as const) {
      await backend.cleanup();
      const held = how === 'with' ? await listen() : undefined;
      const start = cpuSeconds();
      await backend.sync(picture, undefined);
      const end = cpuSeconds();
      costs[how].push({ own: end.own - start.own, children: end.children - start.children });
      await held?.stop();
    }
  }
  for (const part of ['own', 'children'] as const) {
    const [without, listening] = (['without', 'with'] as const).map((how) =>
      costs[how].map((cost) => `${cost[part].toFixed(2)} s`).join(', '),
    );
    report(`CPU of a first sync, ${part === 'own' ? 'this process' : 'programs and kernel'}`, `${without}`);
    report('the same while listening', `${listening}`);
  }
  report('of it mistaken for another program', String(foreign.length));
  await theirs(listen, report);
  await monitor(report);
  await backend.cleanup();
}

/** Another program's rules, all in one transaction. */
async function theirs(
  listen: () => Promise<{ stop(): Promise<void> } | undefined>,
  report: (figure: string, value: string) => void,
): Promise<void> {
  const held = await listen();
  const stdin = `*mangle\n:THEIRS - [0:0]\n${'-A THEIRS -d 10.0.0.1/32 -j RETURN\n'.repeat(THEIRS)}COMMIT\n`;
  const [start, turn] = [cpuSeconds(), watchTurns()];
  await systemExec.run(['iptables-nft-restore', '--noflush'], { stdin });
  await sleep(500);
  report(`CPU of taking news of ${THEIRS} rules of another program`, ms(cpuSeconds().own - start.own));
  report('most of it in one turn', `${turn().toFixed(0)} ms`);
  await held?.stop();
  await systemExec.run(['nft', 'delete', 'table', 'ip', 'mangle']);
}

/** What listens elsewhere: it reads all rules when it starts, whatever it is to tell. */
async function monitor(report: (figure: string, value: string) => void): Promise<void> {
  const child = spawn('nft', ['-nn', 'monitor', 'destroy'], { stdio: 'ignore' });
  await sleep(IDLE_MS);
  if (child.exitCode !== null) return;
  report('nft monitor: memory, resident', mb(memory(child).resident));
  report(`nft monitor: CPU of its first ${IDLE_MS / 1000} s`, ms(cpuOf(child)));
  child.kill();
}

async function idle(): Promise<number> {
  const start = cpuSeconds();
  await sleep(IDLE_MS);
  return cpuSeconds().own - start.own;
}

/** In MB of 10^6 bytes. */
function memory(child?: ChildProcess): { readonly resident: number; readonly anonymous: number } {
  const status = readFileSync(`/proc/${child?.pid ?? 'self'}/status`, 'utf8');
  const field = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { resident: field('VmRSS'), anonymous: field('RssAnon') };
}

function mb(value: number): string {
  return `${value.toFixed(1)} MB`;
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`;
}
