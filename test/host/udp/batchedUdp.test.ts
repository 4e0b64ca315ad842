import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchedIo } from '../../../src/host/udp/batchedUdp.ts';
import { createUdpIo } from '../../../src/host/udp/createUdpIo.ts';
import { loadMmsg, type Mmsg } from '../../../src/host/udp/mmsg.ts';
import { FakeLog } from '../../fake/log.ts';

const EINTR = 4;
const EAGAIN = 11;
const ENOBUFS = 105;
const ECONNREFUSED = 111;
const EPERM = 1;

let client: Socket;
beforeEach(async () => {
  client = createSocket('udp4').bind(0, '127.0.0.1');
  await once(client, 'listening');
});
afterEach(() => void client.close());

/** The real system, which fails `times` calls of one kind first. */
async function failing(call: 'recvmmsg' | 'sendmmsg', errno: number, times: number): Promise<Mmsg> {
  const real = await loadMmsg();
  let left = times;
  let failed = false;
  return {
    ...real,
    [call]: (...args: Parameters<Mmsg['recvmmsg']>) => {
      failed = left-- > 0;
      return failed ? -1 : real[call](...args);
    },
    errno: () => (failed ? errno : real.errno()),
  };
}

async function echoes(mmsg: Mmsg, texts: readonly string[]): Promise<string[]> {
  const server = await batchedIo(mmsg).bind('127.0.0.1', 0, (packet, from, socket) => {
    socket.send(packet, from);
  });
  for (const text of texts) client.send(text, server.port, '127.0.0.1');
  const replies: string[] = [];
  while (replies.length < texts.length) {
    const [reply] = (await once(client, 'message', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
    replies.push(reply.toString());
    if (reply.toString() === texts.at(-1)) break;
  }
  await server.close();
  return replies;
}

test.each([
  ['recvmmsg', 'EINTR', EINTR],
  ['recvmmsg', 'EAGAIN', EAGAIN],
  ['recvmmsg', 'ECONNREFUSED', ECONNREFUSED],
  ['sendmmsg', 'EINTR', EINTR],
  ['sendmmsg', 'EAGAIN', EAGAIN],
] as const)('%s gives %s: nothing is lost', async (call, _, errno) => {
  const texts = 'a bb ccccccccccc d e f g h i j k l m n o p'.split(' ');
  expect((await echoes(await failing(call, errno, 2), texts)).sort()).toEqual(texts);
});

test.each([
  ['ENOBUFS', ENOBUFS],
  ['EPERM', EPERM],
])('sendmmsg gives %s: that packet is lost, the others go', async (_, errno) => {
  const texts = Array.from({ length: 20 }, (_, i) => `query ${i}`);
  const replies = await echoes(await failing('sendmmsg', errno, 1), texts);
  expect([replies.length, replies.at(-1)]).toEqual([19, 'query 19']);
});

test('what the system took only in part goes in further calls', async () => {
  const real = await loadMmsg();
  const counts: number[] = [];
  const stingy: Mmsg = {
    ...real,
    sendmmsg: (fd, vector, count, flags) => {
      counts.push(count);
      return real.sendmmsg(fd, vector, Math.min(count, 2), flags);
    },
  };
  const texts = Array.from({ length: 30 }, (_, i) => 'x'.repeat(1 + i));
  expect(await echoes(stingy, texts)).toEqual(texts);
  expect(Math.max(...counts)).toBeGreaterThan(2);
});

test('a flood lets everything else have its turn', async () => {
  const real = await loadMmsg();
  let calls = 0;
  const flood: Mmsg = { ...real, recvmmsg: () => (++calls, 64) };
  let woken = (): void => undefined;
  const awake = new Promise<void>((resolve) => {
    woken = resolve;
  });
  const server = await batchedIo(flood).bind('127.0.0.1', 0, () => woken());
  for (let i = 0; i < 20; i++) client.send('first', server.port, '127.0.0.1');
  await awake;
  await nextTurn();
  for (let turn = 0; turn < 5; turn++) {
    const before = calls;
    await nextTurn();
    expect(calls - before).toBeLessThanOrEqual(16);
    expect(calls).toBeGreaterThan(before);
  }
  await server.close();
  const after = calls;
  await nextTurn();
  expect(calls).toBe(after);
});

test('a thousand sockets, opened, refused and closed, leave no descriptor behind', async () => {
  const real = await loadMmsg();
  const ours = new Set<string>();
  const watched: Mmsg = {
    ...real,
    socket: (...args) => {
      const fd = real.socket(...args);
      ours.add(readlinkSync(`/proc/self/fd/${fd}`));
      return fd;
    },
  };
  const io = batchedIo(watched);
  for (let i = 0; i < 1_000; i++) {
    const address = i % 2 === 0 ? '127.0.0.1' : '::1';
    const socket = await io.bind(address, 0, () => undefined);
    if (i % 10 === 0)
      await expect(io.bind(address, socket.port, () => undefined)).rejects.toThrow('EADDRINUSE');
    await socket.close();
  }
  expect(ours.size).toBe(1_100);
  expect(openFiles().filter((file) => ours.has(file))).toEqual([]);
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

const fails = (): number => -1;
const forbidden = (): number => EPERM;
test.each<readonly [string, Partial<Mmsg>]>([
  ['recvmmsg is forbidden', { recvmmsg: fails, errno: forbidden }],
  ['sendmmsg is forbidden', { sendmmsg: fails, errno: forbidden }],
  ['sockets cannot be made', { socket: fails, errno: forbidden }],
])('where %s, auto falls back to node:dgram, and says so once', async (_, broken) => {
  const real = await loadMmsg();
  const log = new FakeLog();
  const io = createUdpIo({ prefer: 'auto', log, load: async () => ({ ...real, ...broken }) });
  const sockets = [
    await io.bind('127.0.0.1', 0, (packet, from, socket) => socket.send(packet, from)),
    await io.bind('127.0.0.1', 0, () => undefined),
  ];
  client.send('ping', sockets[0]?.port ?? 0, '127.0.0.1');
  expect(String((await once(client, 'message'))[0])).toBe('ping');
  expect(log.lines.filter((line) => JSON.stringify(line).includes('one by one')).length).toBe(1);
  for (const socket of sockets) await socket.close();
});

test('where it must be batched and cannot be, binding is refused', async () => {
  const load = () => Promise.reject(new Error('no native module'));
  const io = createUdpIo({ prefer: 'batched', log: new FakeLog(), load });
  await expect(io.bind('127.0.0.1', 0, () => undefined)).rejects.toThrow('no native module');
});
