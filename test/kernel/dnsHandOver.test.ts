import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Netns } from '../../src/playground/network/netns.ts';
import { service } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { until, World } from './agentWorld.ts';
import { DNS_VIPS, dnsObjects, leases, nodeObject } from './dnsObjects.ts';
import { lost, NameLoop } from './nameLoop.ts';
import { makeTwoNodes } from './twoNodes.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** They run beside each other, each with agents and networks of its own, on machines that may do other things too. */
const SUPPORT = join(import.meta.dirname, '../support');

/** Two nodes that answer names: `n1` runs the agent, `other` stands for all the agents elsewhere. */
async function makeWorld(net: TestNet): Promise<World & { readonly other: Netns }> {
  const { node, other, pod } = await makeTwoNodes(net);
  const elsewhere = ['198.51.100.2', '10.0.0.2:10053', '[fd00::2]:10053'];
  const server = net.start(other, process.execPath, join(SUPPORT, 'dnsAgentProgram.ts'), ...elsewhere);
  await once(server.stdout, 'data');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  const world = new World(net, { node, web: pod, client: pod }, folder, 'nft');
  world.write(...OBJECTS);
  return Object.assign(world, { other });
}

const NODES = [
  { name: 'n1', ipv4: '10.0.0.1', ipv6: 'fd00::1' },
  { name: 'n2', ipv4: '10.0.0.2', ipv6: 'fd00::2' },
] as const;

const OBJECTS: readonly object[] = [
  nodeObject(NODES[0]),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  service('web', '10.96.0.20', 80),
  ...dnsObjects(NODES),
];

interface Questioned {
  readonly world: World;
  readonly agent: ReturnType<World['start']>;
  readonly loop: NameLoop;
}

/** A ready agent, and a pod that asks it. */
async function underQuestions(net: TestNet): Promise<Questioned> {
  const world = await makeWorld(net);
  const agent = world.start();
  await world.ready();
  const loop = new NameLoop(net, world.client, { name: 'web.shop.svc.cluster.local', servers: DNS_VIPS });
  await loop.started();
  return { world, agent, loop };
}

test.concurrent('a restart loses no query: UDP and TCP, both families', async () => {
  await using net = new TestNet();
  const { world, agent, loop } = await underQuestions(net);
  agent.kill('SIGTERM');
  expect(await once(agent, 'exit')).toEqual([0, null]);
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('198.51.100.2');
  world.start();
  await world.ready();
  expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
  const asked = await loop.end();
  expect(lost(asked)).toEqual([]);
  expect(new Set(asked.map(([way]) => way)).size).toBe(4);
});

test.concurrent('a successor that starts while its predecessor drains takes over without a lost query', async () => {
  await using net = new TestNet();
  const { world, agent: first, loop } = await underQuestions(net);
  const gone = once(first, 'exit');
  first.kill('SIGTERM');
  world.start();
  expect(await gone).toEqual([0, null]);
  await until(async () => (await world.resolve('web.shop.svc.cluster.local')) === '10.96.0.20');
  expect(lost(await loop.end())).toEqual([]);
  expect(world.complaints()).toEqual([]);
});

test.concurrent('a killed agent loses queries for as long as its lease lasts, and no longer', async () => {
  await using net = new TestNet();
  const { world, agent, loop } = await underQuestions(net);
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  const left = await leases(world.node);
  expect(left.length).toBeGreaterThan(0);
  expect(Math.max(...left)).toBeLessThanOrEqual(3);
  // The kernel's own clock says when it has ended: a test machine may stand still for as long as it likes.
  await until(async () => (await leases(world.node)).length === 0);
  const ended = Date.now();
  for (let i = 0; i < 5; i++) {
    expect(await world.resolve('web.shop.svc.cluster.local')).toBe('198.51.100.2');
  }
  // A query that was lost just before has 5 s to be given up, and then comes the next one.
  await wait(6_000);
  const asked = await loop.end();
  const after = asked.filter(([, at]) => at > ended);
  expect(lost(after)).toEqual([]);
  expect(new Set(after.map(([way]) => way)).size).toBe(4);
});

test.concurrent('on a single node an agent that takes over loses no query, nor does the next one', async () => {
  await using net = new TestNet();
  const { world, agent: first, loop } = await underQuestions(net);
  // There is no other node: whatever is not answered here is lost.
  await net.ip(world.node, 'route add blackhole 10.0.0.2', 'route add blackhole fd00::2');
  const agents = [first];
  for (let i = 0; i < 2; i++) {
    agents.push(world.start('--take-over=on'));
    await until(async () => idle(world) === i + 1);
    const old = agents[i];
    if (old === undefined) throw new Error('no agent');
    const gone = once(old, 'exit');
    old.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    await world.ready();
  }
  const asked = await loop.end();
  expect(lost(asked)).toEqual([]);
  expect(new Set(asked.map(([way]) => way)).size).toBe(4);
  expect(world.complaints()).toEqual([]);
});

test.concurrent('what is on its way at a stop is answered: a query at an upstream server, connections', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net);
  const upstream = net.start(
    world.other,
    process.execPath,
    join(SUPPORT, 'heldUpstreamProgram.ts'),
    '192.0.2.7',
    '10.0.0.2',
    '5399',
  );
  const told = createInterface(upstream.stdout)[Symbol.asyncIterator]();
  expect((await told.next()).value).toBe('listening');
  const agent = world.start('--dns-stub-domain=slow.example=10.0.0.2:5399');
  await world.ready();
  const client = join(SUPPORT, 'nameClientProgram.ts');
  const holder = net.start(world.client, process.execPath, client, 'hold', ...DNS_VIPS);
  const held = createInterface(holder.stdout)[Symbol.asyncIterator]();
  expect((await held.next()).value).toBe('connected');
  const slow = world.client.run('dig', '+short', '+tries=1', '+time=10', '@10.96.0.10', 'a.slow.example');
  expect((await told.next()).value).toBe('asked');

  const gone = once(agent, 'exit');
  agent.kill('SIGTERM');
  await until(async () => (await leases(world.node)).length === 0);
  // The upstream server's answer is what the agent waits for, and so it is there for the rest.
  for (const _ of DNS_VIPS) {
    holder.stdin?.write('web.shop.svc.cluster.local\n');
    expect((await held.next()).value).toBe('10.96.0.20');
  }
  upstream.stdin?.write('answer\n');
  expect((await slow).stdout.trim()).toBe('192.0.2.7');
  expect(await gone).toEqual([0, null]);
});

/** Agents that have given everything to another one. */
function idle(world: World): number {
  return world.messages().filter((message) => message.startsWith('another agent has taken over')).length;
}
