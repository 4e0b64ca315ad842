/** What a client can take from others by TCP: a little, and not for long. */
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Connections } from '../../../src/dns/server/sockets/connections.ts';
import { FakeClock } from '../../fake/clock.ts';
import { framed, makeQuery, openTcp, readReplies } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { FakeSocket } from '../support/fakeSocket.ts';
import { makeResponder, TCP } from '../support/responder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { show } from '../support/show.ts';
import { until } from '../../support/until.ts';

const QUERY = makeQuery('svc1.testns.svc.cluster.local', 'A');
/** Connections that one address has at most. */
const ROOM = 1024;

async function answered(socket: Socket): Promise<boolean> {
  socket.write(framed(QUERY));
  const [reply] = await readReplies(socket, 1);
  return reply !== undefined && show(reply).answers.length === 1;
}

/** Opens connections some at a time; calls `closed` with the number of each that the server closes. */
async function open(
  server: TestServer,
  from: number,
  count: number,
  closed: (i: number) => void,
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = from; i < from + count; i += 100) {
    const some = Array.from({ length: Math.min(100, from + count - i) }, async (_, k) => {
      const socket = await openTcp(server.address);
      socket.on('error', () => undefined);
      socket.on('close', () => closed(i + k));
      return socket;
    });
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

test('ten thousand connections: a thousand stay, those last heard of', async () => {
  const { responder } = makeResponder(pictureOf(RECORDS));
  const connections = new Connections(new FakeClock(), (query) => responder.respond(query, TCP));
  const regular = new FakeSocket();
  connections.accept(regular.asSocket);
  const sockets = Array.from({ length: 10_000 }, () => new FakeSocket());
  for (const [i, socket] of sockets.entries()) {
    connections.accept(socket.asSocket);
    if (i % 500 !== 0) continue;
    // Whoever asks now and then is never the one idle for longest.
    const before = regular.received;
    regular.deliver(framed(QUERY));
    await new Promise((resolve) => setImmediate(resolve));
    expect(regular.received).toBeGreaterThan(before);
  }
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual(sockets.map((_, i) => i < 10_000 - (ROOM - 1)));
  expect(regular.destroyed).toBe(false);
  connections.close();
});

test('where every connection waits for an answer, the new one is turned away', async () => {
  const connections = new Connections(new FakeClock(), () => new Promise(() => undefined));
  const waiting = Array.from({ length: ROOM }, () => new FakeSocket());
  for (const socket of waiting) {
    connections.accept(socket.asSocket);
    socket.deliver(framed(QUERY));
  }
  await new Promise((resolve) => setImmediate(resolve));
  const late = new FakeSocket();
  connections.accept(late.asSocket);
  expect([late.destroyed, waiting.some(({ destroyed }) => destroyed)]).toEqual([true, false]);
  connections.close();
});

test('slow lorises: octet by octet does not keep a connection, and nobody else waits', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const gone = new Set<number>();
  const sockets = await open(server, 0, 200, (i) => gone.add(i));
  const octets = framed(QUERY);
  for (let second = 0; second < 3; second++) {
    expect(gone.size).toBe(0);
    for (const socket of sockets) socket.write(octets.subarray(second, second + 1));
    const other = await openTcp(server.address);
    expect(await answered(other)).toBe(true);
    other.destroy();
    await server.clock.advance(1000);
  }
  for (const socket of sockets) socket.resume();
  await until(() => gone.size === 200);
});

test('a message that is announced larger than any query ends the connection before it is kept', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const socket = await openTcp(server.address);
  socket.on('error', () => undefined);
  const before = Array.from({ length: 3 }, (_, id) =>
    framed(makeQuery('svc1.testns.svc.cluster.local', 'A', { id })),
  );
  socket.write(Buffer.concat([...before, Buffer.from([0xff, 0xff]), Buffer.alloc(5000)]));
  // What came whole before it is answered.
  expect((await readReplies(socket, 99)).length).toBe(3);
});

test('a query of four kilobytes, most of it padding, is answered', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  const padding = 4096 - QUERY.length - 15;
  const opt = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, (padding + 4) >> 8, (padding + 4) & 0xff, 0, 12]);
  const query = Buffer.concat([
    QUERY,
    opt,
    Buffer.from([padding >> 8, padding & 0xff]),
    Buffer.alloc(padding),
  ]);
  query.writeUInt16BE(1, 10);
  const socket = await openTcp(server.address);
  socket.write(framed(query));
  const [reply] = await readReplies(socket, 1);
  socket.destroy();
  expect(reply && show(reply)).toMatchObject({ rcode: 'NOERROR', tc: false });
});

test('large replies that nobody reads are not piled up', async () => {
  const release: (() => void)[] = [];
  const connections = new Connections(new FakeClock(), async () => {
    await new Promise<void>((resolve) => release.push(resolve));
    return new Uint8Array(60_000);
  });
  const socket = new FakeSocket();
  socket.reads = false;
  connections.accept(socket.asSocket);
  socket.deliver(Buffer.concat(Array.from({ length: 128 }, () => framed(QUERY))));
  await new Promise((resolve) => setImmediate(resolve));
  expect(release.length).toBe(128);
  let most = 0;
  for (const resolve of release) {
    resolve();
    await new Promise((done) => setImmediate(done));
    most = Math.max(most, socket.writableLength);
  }
  expect(most).toBeLessThan(400_000);
  expect(socket.destroyed).toBe(true);
});

test('a client that reads slowly is asked for no more until it has read', async () => {
  let asked = 0;
  const connections = new Connections(new FakeClock(), () => {
    asked++;
    return new Uint8Array(10_000);
  });
  const socket = new FakeSocket();
  socket.reads = false;
  connections.accept(socket.asSocket);
  socket.deliver(Buffer.concat(Array.from({ length: 100 }, () => framed(QUERY))));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(7);
  expect(socket.destroyed).toBe(false);
  connections.close();
});
