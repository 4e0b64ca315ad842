import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { framed, makeQuery, openTcp, readReplies } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { show } from '../support/show.ts';
import { until } from '../../support/until.ts';

const NAME = 'svc1.testns.svc.cluster.local';

test('A5 two hundred pipelined queries: every id comes back once', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const socket = await openTcp(server.address);
  socket.write(Buffer.concat(Array.from({ length: 200 }, (_, id) => framed(makeQuery(NAME, 'A', { id })))));
  const replies = await readReplies(socket, 200);
  socket.destroy();
  expect(new Set(replies.map((reply) => reply.readUInt16BE(0))).size).toBe(200);
});

test('A5a a slow answer holds nobody up', async () => {
  const { forwarder, release } = held();
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const socket = await openTcp(server.address);
  socket.write(framed(makeQuery('slow.example', 'A', { id: 1 })));
  socket.write(framed(makeQuery(NAME, 'A', { id: 2 })));
  const [first] = await readReplies(socket, 1);
  expect(first?.readUInt16BE(0)).toBe(2);
  release();
  const [second] = await readReplies(socket, 1);
  expect(second?.readUInt16BE(0)).toBe(1);
  socket.destroy();
});

test('A8 octet by octet, the length prefix split too', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const socket = await openTcp(server.address);
  socket.setNoDelay(true);
  const octets = Buffer.concat([
    framed(makeQuery(NAME, 'A', { id: 1 })),
    framed(makeQuery(NAME, 'AAAA', { id: 2 })),
  ]);
  for (const octet of octets) {
    socket.write(Buffer.from([octet]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const replies = await readReplies(socket, 2);
  socket.destroy();
  expect(replies.map((reply) => reply.readUInt16BE(0))).toEqual([1, 2]);
});

test('a client that closes its side still gets every reply, and then the connection ends', async () => {
  const { forwarder, release } = held();
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const socket = await openTcp(server.address, true);
  socket.end(
    Buffer.concat([
      framed(makeQuery('slow.example', 'A', { id: 1 })),
      framed(makeQuery(NAME, 'A', { id: 2 })),
    ]),
  );
  const [first] = await readReplies(socket, 1);
  release();
  const rest = await readReplies(socket, 99);
  expect([first?.readUInt16BE(0), ...rest.map((reply) => reply.readUInt16BE(0))]).toEqual([2, 1]);
});

test('at most 128 queries of a connection wait at once; the others wait their turn', async () => {
  const { forwarder, release, waiting } = held();
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const socket = await openTcp(server.address);
  const queries = Array.from({ length: 300 }, (_, id) => framed(makeQuery(`n${id}.example`, 'A', { id })));
  socket.write(Buffer.concat(queries));
  await until(() => waiting() === 128);
  // An ordinary query behind them is not even read.
  socket.write(framed(makeQuery(NAME, 'A', { id: 999 })));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(waiting()).toBe(128);
  release();
  const replies = await readReplies(socket, 301);
  socket.destroy();
  expect(new Set(replies.map((reply) => reply.readUInt16BE(0))).size).toBe(301);
});

const PAUSES = 10;

test('a client that reads nothing is not read from either, and in the end put out', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const socket = await openTcp(server.address);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  // Closed with data unread on both sides, the connection is reset.
  socket.on('error', () => undefined);
  socket.pause();
  const queries = Array.from({ length: 1000 }, (_, id) => framed(makeQuery('cluster.local', 'NS', { id })));
  const burst = Buffer.concat(queries);
  // The kernel's buffers on both sides fill up, and then the server stops reading: for good, where one pause may only
  // be that of a busy machine.
  let answered = 0;
  for (let pauses = 0; pauses < PAUSES; pauses++) {
    for (let i = 0; i < 50; i++) socket.write(burst);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { queries } = server.dns.counters();
    if (queries !== answered) pauses = 0;
    answered = queries;
  }
  expect(answered).toBeGreaterThan(0);
  expect(socket.writableLength).toBeGreaterThan(0);
  // Before the ten seconds after which it would count as idle.
  await server.clock.advance(9_000);
  await closed;
});

test.each([
  ['no query within 3 s', async () => undefined, 2_900, 200],
  [
    'nothing for 10 s after the last query',
    async (server: TestServer, query: () => Promise<void>) => {
      await query();
      await server.clock.advance(2_000);
      await query();
    },
    9_900,
    200,
  ],
])('idle: %s', async (_, before, quiet, more) => {
  await using server = await startServer(pictureOf(RECORDS));
  const socket = await openTcp(server.address);
  const state = { closed: false };
  socket.on('close', () => (state.closed = true));
  // The connection is counted once the server has accepted it.
  await until(() => server.clock.pending().length > 0);
  await before(server, async () => {
    socket.write(framed(makeQuery(NAME, 'A')));
    await readReplies(socket, 1);
  });
  await server.clock.advance(quiet);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(state.closed).toBe(false);
  await server.clock.advance(more);
  socket.resume();
  await until(() => state.closed);
});

test('a query that waits for others is not idle', async () => {
  const { forwarder, release } = held();
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const socket = await openTcp(server.address);
  socket.write(framed(makeQuery('slow.example', 'A', { id: 5 })));
  await until(() => server.dns.counters().queries === 1);
  await server.clock.advance(60_000);
  release();
  const [reply] = await readReplies(socket, 1);
  socket.destroy();
  expect(reply && show(reply).id).toBe(5);
});

test('a reset connection and a closed server disturb nobody', async () => {
  const { forwarder, release } = held();
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const socket = await openTcp(server.address);
  socket.write(framed(makeQuery('slow.example', 'A')));
  await until(() => server.dns.counters().queries === 1);
  socket.resetAndDestroy();
  release();
  const other = await openTcp(server.address);
  other.write(framed(makeQuery(NAME, 'A')));
  expect((await readReplies(other, 1)).length).toBe(1);
  await server.dns.close();
  other.resume();
  await once(other, 'close');
  expect(server.dns.counters().faults).toBe(0);
});

/** A forwarder that answers only once it is released. */
function held(): { forwarder: ReturnType<typeof fakeForwarder>; release: () => void; waiting: () => number } {
  const queue: (() => void)[] = [];
  let open = false;
  const forwarder = fakeForwarder(async (query) => {
    if (!open) await new Promise<void>((resolve) => queue.push(resolve));
    const { id, questions } = decode(Buffer.from(query));
    return encode({ type: 'response', id, flags: 0x180, questions });
  });
  const release = (): void => {
    open = true;
    for (const resolve of queue.splice(0)) resolve();
  };
  return { forwarder, release, waiting: () => queue.length };
}

test('more connections than there is room for: the one idle for longest makes way', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const first = await openTcp(server.address);
  const state = { closed: false };
  first.on('close', () => (state.closed = true));
  first.on('error', () => undefined);
  first.resume();
  const others: Awaited<ReturnType<typeof openTcp>>[] = [];
  for (let i = 0; i < 1024; i += 64) {
    others.push(...(await Promise.all(Array.from({ length: 64 }, () => openTcp(server.address)))));
  }
  await until(() => state.closed);
  const [second] = others;
  second?.write(framed(makeQuery(NAME, 'A')));
  expect(second && (await readReplies(second, 1)).length).toBe(1);
  for (const socket of others) socket.destroy();
});
