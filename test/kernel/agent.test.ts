import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ExecResult } from '../../src/host/exec.ts';
import type { Netns } from '../../src/playground/network/netns.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';

const ROOT = join(import.meta.dirname, '../..');
const FAIRLEAD = join(ROOT, 'bin/fairlead');
const WEB_URL = 'http://10.96.0.20/';
const READY = 'http://127.0.0.1:10256/readyz';

/** A node with two pods: `web-1` serves, `client` asks. */
class World {
  readonly net: TestNet;
  readonly node: Netns;
  readonly client: Netns;
  readonly folder: string;
  readonly flags: readonly string[];

  constructor(net: TestNet, node: Netns, client: Netns, folder: string, variant: string) {
    this.net = net;
    this.node = node;
    this.client = client;
    this.folder = folder;
    this.flags = Object.entries({
      manifests: join(folder, 'objects'),
      'node-name': 'n1',
      'cluster-cidr': '10.244.0.0/16',
      'iptables-backend': variant,
      'dns-forward': 'none',
      'run-dir': join(folder, 'run'),
    }).map(([flag, value]) => `--${flag}=${value}`);
  }

  get logFile(): string {
    return join(this.folder, 'log');
  }

  /** Messages of warnings and errors so far. */
  complaints(): string[] {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n');
    return lines
      .map((line) => JSON.parse(line) as { level: string; message: string })
      .filter(({ level }) => level === 'warn' || level === 'error')
      .map(({ message }) => message);
  }

  write(...documents: readonly object[]): void {
    writeFileSync(join(this.folder, 'objects'), documents.map((one) => JSON.stringify(one)).join('\n---\n'));
  }

  start(...more: readonly string[]) {
    const logged = ['sh', '-c', 'exec "$@" 2>>"$0"', this.logFile] as const;
    return this.net.start(this.node, ...logged, FAIRLEAD, 'run', ...this.flags, ...more);
  }

  fairlead(command: string, ...args: readonly string[]): Promise<ExecResult> {
    return this.node.run(FAIRLEAD, command, '--run-dir', join(this.folder, 'run'), ...args);
  }

  async fetch(): Promise<string> {
    return (await this.client.run('curl', '-sSm', '2', WEB_URL)).stdout.replace(/, asked.*\n/, '');
  }

  async resolve(name: string, server: readonly string[] = ['@10.96.0.10']): Promise<string> {
    return (await this.client.run('dig', '+short', '+tries=1', '+time=2', ...server, name)).stdout.trim();
  }

  async ready(): Promise<void> {
    await until(async () => (await this.node.run('curl', '-sf', READY)).code === 0);
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

async function makeWorld(net: TestNet, variant: string): Promise<World> {
  const [node, web, client] = [
    await net.namespace('node'),
    await net.namespace('web'),
    await net.namespace('client'),
  ];
  await net.link(node, ['10.244.1.1/24'], web, ['10.244.1.2/24']);
  await net.link(node, ['10.244.2.1/24'], client, ['10.244.2.2/24']);
  await net.forward(node);
  await net.ip(web, 'route add default via 10.244.1.1');
  await net.ip(client, 'route add default via 10.244.2.1');
  await net.echo(web, 'web-1');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const world = new World(net, node, client, folder, variant);
  world.write(NODE, ...WEB, ...DNS);
  return world;
}

/** Asks again until it holds; the test's own limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

describe.each(['nft', 'legacy'])('with iptables-%s', (variant) => {
  test('names resolve, Services answer, and both outlive the agent', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    const before = await world.rules(variant);
    const first = world.start();
    await world.ready();
    expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
    expect(await world.resolve('web.shop.svc.cluster.local', ['@10.244.1.1', '-p', '10053'])).toBe(
      '10.96.0.20',
    );
    expect(await world.fetch()).toBe('web-1 on test');

    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await world.fetch()).toBe('web-1 on test');
    const left = await world.rules(variant);

    const second = world.start();
    let answers = 0;
    for (let ready = false; !ready; answers += 1) {
      expect(await world.fetch()).toBe('web-1 on test');
      ready = (await world.node.run('curl', '-sf', READY)).code === 0;
    }
    expect(answers).toBeGreaterThan(0);
    expect(await world.rules(variant)).toBe(left);

    second.kill('SIGTERM');
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(await world.fetch()).toBe('web-1 on test');
    expect(await world.rules(variant)).toBe(left);
    expect(world.complaints()).toEqual([]);

    const cleaned = await world.fairlead('cleanup');
    expect(cleaned).toEqual({
      code: 0,
      stdout: 'removed all rules, sets and addresses of fairlead\n',
      stderr: '',
    });
    expect(withoutEmptyTables(await world.rules(variant))).toBe(withoutEmptyTables(before));
    expect((await world.node.run('ipset', 'list', '-name')).stdout).toBe('');
    expect((await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout).not.toContain(
      '10.96.0.10',
    );
  });

  test('the printed rules are the rules: iptables-restore takes them, and the Service answers', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    const { code, stdout, stderr } = await world.node.run(FAIRLEAD, 'render', ...world.flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rules = join(world.folder, 'rules');
    writeFileSync(rules, stdout);
    const restored = await world.node.run(`iptables-${variant}-restore`, '--noflush', rules);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(await world.fetch()).toBe('web-1 on test');
  });
});

test('--once programs the rules and ends, names left alone', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const agent = world.start('--once');
  expect(await once(agent, 'exit')).toEqual([0, null]);
  expect(await world.fetch()).toBe('web-1 on test');
  expect((await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout).not.toContain('10.96.0.10');
});

test('what changes in the source changes on the node, and a broken object stops nothing', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.start();
  await world.ready();
  world.write(NODE, ...WEB, ...DNS, service('broken', '10.96.0.30', 0), service('late', '10.96.0.40', 80));
  await until(async () => (await world.resolve('late.shop.svc.cluster.local')) === '10.96.0.40');
  expect(await world.fetch()).toBe('web-1 on test');
  const status = await world.fairlead('status', '-o', 'json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    node: 'n1',
    ready: true,
    catalog: { services: 3, problems: [expect.stringContaining('Service shop/broken: spec.ports[0].port')] },
    proxy: { mode: 'iptables', variant: 'nf_tables', families: ['IPv4', 'IPv6'], error: '' },
    dns: { listening: ['10.244.1.1:10053', '10.96.0.10:53'], claimed: ['10.96.0.10'], lease: 'held' },
  });
  expect((await world.fairlead('status')).stdout).toMatch(
    /^routing +iptables \(nf_tables\), IPv4 and IPv6$/m,
  );
  expect((await world.fairlead('mode')).stdout).toBe('iptables\n');
  expect(await world.fairlead('mode', 'userspace')).toMatchObject({
    code: 1,
    stderr:
      'fairlead mode: the agent routes by iptables; this version cannot switch a running agent to userspace\n',
  });
});

test('a second agent and a hasty cleanup are refused; ports in use hold up nothing', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  await net.echo(world.node, 'squatter', 10_249);
  const agent = world.start();
  await world.ready();
  expect(await world.node.run(FAIRLEAD, 'run', ...world.flags)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^fairlead run: another agent is running: it answers on .*fairlead\.sock\n$/,
    ),
  });
  expect(world.complaints()).toEqual(['metrics: cannot listen; trying again every 5 s']);
  expect(await world.fairlead('cleanup')).toMatchObject({
    code: 1,
    stderr: 'fairlead cleanup: an agent is running: stop it first, or give --force\n',
  });
  agent.kill('SIGTERM');
  await once(agent, 'exit');
});

test('without iptables it says so and ends', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const main = join(ROOT, 'src/main.ts');
  const argv = ['env', 'PATH=/nonexistent', process.execPath, main, 'run', ...world.flags] as const;
  expect(await world.node.run(...argv)).toMatchObject({
    code: 1,
    stderr: 'fairlead run: iptables is not installed\n',
  });
});

/** Nothing is not the same as a table with chains that nobody filled. */
function withoutEmptyTables(rules: string): string {
  return rules.replaceAll(/^(\*\w+|COMMIT|:[A-Z]+ ACCEPT)\n/gm, '').trim();
}
