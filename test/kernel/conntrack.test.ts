/** Flows that the kernel tracks, through a whole agent, while the endpoints of their Service come and go, and rules. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import type { Netns } from '../../src/playground/network/netns.ts';
import { TestNet } from '../support/net.ts';
import { until, World } from './agentWorld.ts';
import { CLUSTER_IPS, NODE_IPS, NODE_PORT, objects, OTHER_IPS, OUTSIDE, PODS } from './conntrackObjects.ts';
import { connects, idsOf, type Talk, talk, tracked } from './trackedFlows.ts';

const CLIENT_PORT = 7000;
const TCP_PORT = 7001;
const FLOWS = 10_000;
/** The ways of the client's one socket a family to the Service. */
const WAYS = FAMILIES.flatMap((family) => [
  `${CLUSTER_IPS[family]} 80`,
  `${NODE_IPS[family]} ${NODE_PORT}`,
  `${OUTSIDE[family].externalIP} 80`,
  `${OUTSIDE[family].vip} 80`,
]);

let net: TestNet;
let node: Netns;
let client: Netns;
let world: World;
let udp: Talk;
let agent: ChildProcess;

async function start(variant: string): Promise<void> {
  net = new TestNet();
  [node, client] = [await net.namespace('node'), await net.namespace('client')];
  await net.forward(node);
  await connect(client, '10.244.9', 'fd00:244:9');
  for (const [i, name] of Object.keys(PODS).entries()) {
    const pod = await net.namespace(name);
    await connect(pod, `10.244.${i + 1}`, `fd00:244:${i + 1}`);
    await net.echo(pod, name);
  }
  // A namespace tracks nothing until some rule asks for it.
  for (const program of [`iptables-${variant}`, `ip6tables-${variant}`]) {
    await node.run(program, '-A', 'FORWARD', '-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT');
  }
  // Before there are rules, somebody must take packets to clusterIPs, or no flow would be tracked at all.
  await net.ip(node, 'route add default via 10.244.9.2', 'route add default via fd00:244:9::2');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  world = new World(net, { node, web: client, client }, folder, variant);
  udp = talk(
    net,
    client,
    process.execPath,
    join(import.meta.dirname, '../support/udpClientProgram.ts'),
    `${CLIENT_PORT}`,
  );
}

async function end(): Promise<void> {
  await net[Symbol.asyncDispose]();
  rmSync(world.folder, { recursive: true, force: true });
}

async function connect(pod: Netns, v4: string, v6: string): Promise<void> {
  await net.link(node, [`${v4}.1/24`, `${v6}::1/64`], pod, [`${v4}.2/24`, `${v6}::2/64`]);
  await net.ip(pod, `route add default via ${v4}.1`, `route add default via ${v6}::1`);
}

/** Which pods serve `shop/phone`. */
function serve(...pods: readonly string[]): void {
  world.write(...objects(pods));
}

/** The pod that answers the client's one socket, each way. */
async function answers(ways: readonly string[] = WAYS): Promise<readonly string[]> {
  const found: string[] = [];
  for (const way of ways) found.push((await udp.say(`ask ${way}`)).replace(/ on test.*$/, ''));
  return found;
}

const allOf = (pod: string): readonly string[] => WAYS.map(() => pod);

/** Asks until every way leads to the pod: only the flow's end in conntrack can lead it there. */
async function led(to: string): Promise<void> {
  await until(async () => (await answers()).every((pod) => pod === to));
}

const ownFlows = (): Promise<readonly string[]> =>
  idsOf(node, '-p', 'udp', '--orig-port-src', `${CLIENT_PORT}`);

async function flush(family: Family, variant: string): Promise<void> {
  const program = family === 'IPv4' ? 'iptables' : 'ip6tables';
  expect((await node.run(`${program}-${variant}`, '-t', 'nat', '-F')).code).toBe(0);
}

/** Sum over both families. */
async function metric(name: string): Promise<number> {
  const { stdout } = await node.run('curl', '-s', 'http://127.0.0.1:10249/metrics');
  return stdout
    .split('\n')
    .filter((line) => line.startsWith(`kubeproxy_conntrack_reconciler_${name}{`))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
}

describe.each(['nft', 'legacy'])('on %s, the flows of one client socket', (variant) => {
  beforeAll(() => start(variant));
  afterAll(end);

  test('that were made before there were rules reach an endpoint when there are', async () => {
    expect(await answers()).toEqual(allOf('nothing'));
    expect(await ownFlows()).toHaveLength(WAYS.length);
    serve('web-1');
    agent = world.start('--dns=off', '--cluster-cidr=fd00:244::/32');
    await led('web-1');
    await world.ready();
  });

  test('live on, the same in conntrack, while their endpoint serves', async () => {
    const before = await ownFlows();
    const deleted = await metric('deleted_entries_total');
    const looks = await metric('sync_duration_seconds_count');
    serve('web-1', 'web-2');
    await until(async () => (await metric('sync_duration_seconds_count')) >= looks + FAMILIES.length);
    expect(await answers()).toEqual(allOf('web-1'));
    expect(await ownFlows()).toEqual(before);
    expect(await metric('deleted_entries_total')).toBe(deleted);
  });

  test('live on while their endpoint terminates and still serves, as long calls do, and then reach the next', async () => {
    const before = await ownFlows();
    const looks = await metric('sync_duration_seconds_count');
    serve('web-1 leaving', 'web-2');
    await until(async () => (await metric('sync_duration_seconds_count')) >= looks + FAMILIES.length);
    expect(await answers()).toEqual(allOf('web-1'));
    expect(await ownFlows()).toEqual(before);
    serve('web-2');
    await led('web-2');
    serve('web-1');
    await led('web-1');
  });

  test('reach the next endpoint when theirs is gone; TCP connections and other Services are left alone', async () => {
    const others = FAMILIES.map((family) => `${OTHER_IPS[family]} 80`);
    expect(await answers(others)).toEqual(['web-1', 'web-1']);
    const tcp = talk(net, client, 'bash', '-c', `exec 3<>/dev/tcp/${CLUSTER_IPS.IPv4}/90; cat <&3 & cat >&3`);
    expect(await tcp.say('hello')).toMatch(/^web-[12] on test/);
    const otherFlows = await idsOf(node, '-p', 'udp', '--orig-dst', OTHER_IPS.IPv4);
    const connections = await idsOf(node, '-p', 'tcp', '--orig-dst', CLUSTER_IPS.IPv4);
    expect([otherFlows.length, connections.length]).toEqual([1, 1]);

    serve('web-2');
    await led('web-2');
    serve('web-1');
    await led('web-1');

    expect(await tcp.say('are you there?')).toBe('hello');
    expect(await idsOf(node, '-p', 'tcp', '--orig-dst', CLUSTER_IPS.IPv4)).toEqual(connections);
    expect(await idsOf(node, '-p', 'udp', '--orig-dst', OTHER_IPS.IPv4)).toEqual(otherFlows);
  });

  test('are left alone while nobody serves', async () => {
    const before = await ownFlows();
    const marker = await metric('sync_duration_seconds_count');
    serve();
    // The other Service is looked through all the same.
    await until(async () => (await metric('sync_duration_seconds_count')) > marker);
    expect(await ownFlows()).toEqual(before);
    serve('web-1');
  });

  test.each(FAMILIES)(
    '%s: a port whose TCP connection was tried while rules were gone connects after their repair; others live on',
    async (family) => {
      await led('web-1');
      const held = talk(
        net,
        client,
        'bash',
        '-c',
        `exec 3<>/dev/tcp/${CLUSTER_IPS[family]}/90; cat <&3 & cat >&3`,
      );
      expect(await held.say('hello')).toMatch(/^web-[12] on test/);
      const established = ['-p', 'tcp', '--orig-dst', CLUSTER_IPS[family], '--state', 'ESTABLISHED'];
      const before = await idsOf(node, ...established);
      expect(before.length).toBeGreaterThan(0);

      // Held meanwhile, or the rules would be back before the first packet.
      agent.kill('SIGSTOP');
      await flush(family, variant);
      expect(await connects(client, TCP_PORT, CLUSTER_IPS[family], 90)).toBe(false);
      const tried = ['-p', 'tcp', '--orig-port-src', `${TCP_PORT}`, '--reply-src', CLUSTER_IPS[family]];
      expect(await tracked(node, ...tried)).toHaveLength(1);
      agent.kill('SIGCONT');

      await until(() => connects(client, TCP_PORT, CLUSTER_IPS[family], 90));
      expect(await tracked(node, ...tried)).toEqual([]);
      expect(await held.say('are you there?')).toBe('hello');
      expect(await idsOf(node, ...established)).toEqual(expect.arrayContaining([...before]));
    },
  );

  test('ten thousand untranslated TCP flows go at once after a repair', async ({ skip }) => {
    skip(variant === 'legacy', 'what deletes flows knows nothing of the backend');
    const file = join(world.folder, 'flows');
    const tuple = `-s 10.244.9.2 -d ${CLUSTER_IPS.IPv4} --dport 90`;
    const flows = Array.from({ length: FLOWS }, (_, i) => `-I -p tcp ${tuple} --sport ${20_000 + i}`);
    writeFileSync(file, flows.map((flow) => `${flow} --state SYN_SENT -t 120\n`).join(''));
    const untranslated = ['-p', 'tcp', '--reply-src', CLUSTER_IPS.IPv4];
    expect((await node.run('conntrack', '-R', file)).code).toBe(0);
    expect(await tracked(node, ...untranslated)).toHaveLength(FLOWS);
    const [deleted, seconds] = [
      await metric('deleted_entries_total'),
      await metric('sync_duration_seconds_sum'),
    ];
    await flush('IPv4', variant);
    await until(async () => (await metric('deleted_entries_total')) >= deleted + FLOWS);
    expect(await tracked(node, ...untranslated)).toEqual([]);
    const took = (await metric('sync_duration_seconds_sum')) - seconds;
    process.stdout.write(`${FLOWS} untranslated TCP flows deleted in ${Math.round(took * 1000)} ms\n`);
  });

  test.for(FAMILIES)(
    '%s: ten thousand flows of one Service go at once when its endpoint does',
    async (family, { skip }) => {
      skip(variant === 'legacy', 'what deletes flows knows nothing of the backend');
      const [from, to] = family === 'IPv4' ? ['web-1', 'web-2'] : ['web-2', 'web-1'];
      serve(from ?? '');
      await led(from ?? '');
      const toOld = [
        '-p',
        'udp',
        '--orig-dst',
        CLUSTER_IPS[family],
        '--reply-src',
        PODS[from ?? '']?.[family] ?? '',
      ];
      await udp.say(`flood ${CLUSTER_IPS[family]} 80 ${FLOWS}`);
      expect((await tracked(node, ...toOld)).length).toBeGreaterThanOrEqual(FLOWS);
      const [deleted, seconds] = [
        await metric('deleted_entries_total'),
        await metric('sync_duration_seconds_sum'),
      ];
      serve(to ?? '');
      await until(async () => (await metric('deleted_entries_total')) >= deleted + FLOWS);
      expect(await tracked(node, ...toOld)).toEqual([]);
      const took = (await metric('sync_duration_seconds_sum')) - seconds;
      process.stdout.write(`${family}: ${FLOWS} flows deleted in ${Math.round(took * 1000)} ms\n`);
    },
  );
});
