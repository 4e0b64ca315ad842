import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecResult } from '../../src/host/exec.ts';
import type { AgentStatus } from '../../src/agent/serving/status.ts';
import { askAgent } from '../../src/commands/agent/askAgent.ts';
import type { Netns } from '../../src/playground/network/netns.ts';
import { DNS, NODE, WEB } from '../support/manifests.ts';
import type { TestNet } from '../support/net.ts';

export const ROOT: string = join(import.meta.dirname, '../..');
export const FAIRLEAD: string = join(ROOT, 'bin/fairlead');
const WEB_URL = 'http://10.96.0.20/';
const READY = 'http://127.0.0.1:10256/readyz';

interface Places {
  readonly node: Netns;
  readonly web: Netns;
  readonly client: Netns;
}

/** A node with two pods: `web-1` serves, `client` asks. */
export class World {
  readonly net: TestNet;
  readonly node: Netns;
  /** Of `web-1`. */
  readonly web: Netns;
  readonly client: Netns;
  readonly folder: string;
  /** Of `run`, but for the source. */
  readonly flags: readonly string[];

  constructor(net: TestNet, { node, web, client }: Places, folder: string, variant: string, name = 'n1') {
    this.net = net;
    this.node = node;
    this.web = web;
    this.client = client;
    this.folder = folder;
    this.flags = Object.entries({
      'node-name': name,
      'cluster-cidr': '10.244.0.0/16',
      'iptables-backend': variant,
      'dns-forward': 'none',
      'run-dir': join(folder, 'run'),
      'state-dir': join(folder, 'state'),
    }).map(([flag, value]) => `--${flag}=${value}`);
  }

  get logFile(): string {
    return join(this.folder, 'log');
  }

  /** Messages of warnings and errors so far. */
  complaints(): string[] {
    return this.messages('warn', 'error');
  }

  /** Messages so far, in these levels or in all. */
  messages(...levels: readonly string[]): string[] {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n');
    return lines
      .map((line) => JSON.parse(line) as { level: string; message: string })
      .filter(({ level }) => levels.length === 0 || levels.includes(level))
      .map(({ message }) => message);
  }

  write(...documents: readonly object[]): void {
    writeFileSync(join(this.folder, 'objects'), documents.map((one) => JSON.stringify(one)).join('\n---\n'));
  }

  /** The objects that `write` wrote, as a source. */
  get manifests(): readonly string[] {
    return ['--manifests', join(this.folder, 'objects'), ...this.flags];
  }

  /** An agent that reads what `write` wrote. */
  start(...more: readonly string[]): ReturnType<TestNet['start']> {
    return this.run(...this.manifests, ...more);
  }

  run(...flags: readonly string[]): ReturnType<TestNet['start']> {
    return this.runWith({}, ...flags);
  }

  /** With another environment. */
  runWith(
    variables: Readonly<Record<string, string>>,
    ...flags: readonly string[]
  ): ReturnType<TestNet['start']> {
    const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const logged = ['sh', '-c', 'exec "$@" 2>>"$0"', this.logFile] as const;
    return this.net.start(this.node, 'env', ...environment, ...logged, FAIRLEAD, 'run', ...flags);
  }

  fairlead(command: string, ...args: readonly string[]): Promise<ExecResult> {
    return this.node.run(FAIRLEAD, command, '--run-dir', join(this.folder, 'run'), ...args);
  }

  async fetch(): Promise<string> {
    return (await this.client.run('curl', '-sSm', '5', WEB_URL)).stdout.replace(/, asked.*\n/, '');
  }

  async resolve(name: string, server: readonly string[] = ['@10.96.0.10']): Promise<string> {
    return (await this.client.run('dig', '+short', '+tries=1', '+time=5', ...server, name)).stdout.trim();
  }

  async isReady(): Promise<boolean> {
    return (await this.node.run('curl', '-sf', READY)).code === 0;
  }

  async readyz(): Promise<string> {
    return (await this.node.run('curl', '-s', READY)).stdout;
  }

  /** As `fairlead status`, without the time that a program takes to start; without a value while no agent answers. */
  async status(): Promise<Partial<AgentStatus>> {
    const answer = await askAgent(join(this.folder, 'run/fairlead.sock'), '/status').catch(() => ({}));
    return answer as Partial<AgentStatus>;
  }

  /** Of routing, as Prometheus reads them. */
  async metrics(): Promise<string> {
    return (await this.node.run('curl', '-s', 'http://127.0.0.1:10249/metrics')).stdout;
  }

  async ready(): Promise<void> {
    await until(() => this.isReady());
  }

  /** All rules of this namespace and backend without counters and dates. */
  async rules(variant: string): Promise<string> {
    const saved = await Promise.all(
      [`iptables-${variant}-save`, `ip6tables-${variant}-save`].map((program) => this.node.run(program)),
    );
    return saved
      .map(({ stdout }) => stdout.replaceAll(/^#.*\n/gm, '').replaceAll(/ \[\d+:\d+\]$/gm, ''))
      .join('\n');
  }
}

export async function makeWorld(net: TestNet, variant: string): Promise<World> {
  const [node, web, client] = [
    await net.namespace('node'),
    await net.namespace('web'),
    await net.namespace('client'),
  ];
  await net.link(node, ['10.244.1.1/24', 'fd00:244:1::1/64'], web, ['10.244.1.2/24', 'fd00:244:1::2/64']);
  await net.link(node, ['10.244.2.1/24', 'fd00:244:2::1/64'], client, ['10.244.2.2/24', 'fd00:244:2::2/64']);
  await net.forward(node);
  await net.ip(web, 'route add default via 10.244.1.1', 'route add default via fd00:244:1::1');
  await net.ip(client, 'route add default via 10.244.2.1', 'route add default via fd00:244:2::1');
  await net.echo(web, 'web-1');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  net.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const world = new World(net, { node, web, client }, folder, variant);
  world.write(NODE, ...WEB, ...DNS);
  return world;
}

/** Asks again until it holds; the test's own limit ends it. */
export async function until(holds: () => Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await holds())) await sleep(everyMs);
}
