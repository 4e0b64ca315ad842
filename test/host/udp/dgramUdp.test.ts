import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { dgramIo as io } from '../../../src/host/udp/dgramUdp.ts';
import type { UdpPeer } from '../../../src/host/udp/udpIo.ts';

test.each([
  ['127.0.0.1', '127.0.0.5', 'udp4'],
  ['127.0.0.9', '127.0.0.1', 'udp4'],
  ['::1', '::1', 'udp6'],
] as const)(
  'A11 a reply from %s to %s leaves from the very address that was asked',
  async (ours, theirs, type) => {
    const server = await io.bind(ours, 0, (packet, from, socket) => socket.send(packet, from));
    const client = await openClient(type, theirs);
    client.send('ping', server.port, ours);
    client.send('pong', server.port, ours);
    for (const text of ['ping', 'pong']) {
      const [reply, from] = (await once(client, 'message')) as [Buffer, UdpPeer];
      expect([reply.toString(), from.address, from.port]).toEqual([text, ours, server.port]);
    }
    client.close();
    await server.close();
  },
);

test('two addresses, one port: each answers for itself', async () => {
  const one = await io.bind('127.0.0.2', 0, (_, from, socket) => socket.send(Buffer.from('one'), from));
  const two = await io.bind('127.0.0.3', one.port, (_, from, socket) =>
    socket.send(Buffer.from('two'), from),
  );
  const client = await openClient('udp4', '127.0.0.1');
  for (let i = 0; i < 20; i++) client.send('?', one.port, i % 2 === 0 ? '127.0.0.2' : '127.0.0.3');
  const replies = await collect(client, 20);
  expect(new Set(replies.map(({ text, from }) => `${from.address} ${text}`))).toEqual(
    new Set(['127.0.0.2 one', '127.0.0.3 two']),
  );
  client.close();
  await Promise.all([one.close(), two.close()]);
});

test('an address that is not ours, or taken, is the system’s error', async () => {
  await expect(io.bind('192.0.2.1', 0, () => undefined)).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
    syscall: 'bind',
  });
  const server = await io.bind('127.0.0.1', 0, () => undefined);
  await expect(io.bind('127.0.0.1', server.port, () => undefined)).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  const sharing = createSocket({ type: 'udp4', reuseAddr: true });
  sharing.bind(server.port, '127.0.0.1');
  const [error] = (await once(sharing, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('EADDRINUSE');
  await server.close();
});

test('an IPv6 wildcard leaves the port of IPv4 free', async () => {
  const six = await io.bind('::', 0, () => undefined);
  const four = await io.bind('0.0.0.0', six.port, () => undefined);
  await Promise.all([six.close(), four.close()]);
});

test('closing twice, and sending after it, do nothing', async () => {
  const server = await io.bind('127.0.0.1', 0, () => undefined);
  await server.close();
  await server.close();
  server.send(Buffer.from('late'), { address: '127.0.0.1', port: 9 });
});

test('a peer that is gone does not stop the socket', async () => {
  const server = await io.bind('127.0.0.1', 0, (packet, from, socket) => socket.send(packet, from));
  const gone = await openClient('udp4', '127.0.0.1');
  const { port } = gone.address();
  await new Promise<void>((resolve) => gone.close(resolve));
  for (let i = 0; i < 10; i++) server.send(Buffer.from('nobody'), { address: '127.0.0.1', port });
  const client = await openClient('udp4', '127.0.0.1');
  client.send('ping', server.port, '127.0.0.1');
  expect((await collect(client, 1)).map(({ text }) => text)).toEqual(['ping']);
  client.close();
  await server.close();
});

test.each(['127.0.0.1', '::1'])('a burst on %s comes whole and in order', async (address) => {
  const texts = Array.from({ length: 150 }, (_, i) => `query ${i} ${'x'.repeat(i)}`);
  const server = await io.bind(address, 0, (packet, from, socket) => socket.send(packet, from));
  const client = await openClient(address.includes(':') ? 'udp6' : 'udp4', address);
  for (const text of texts) client.send(text, server.port, address);
  expect((await collect(client, texts.length)).map(({ text }) => text)).toEqual(texts);
  client.close();
  await server.close();
});

test.each([0, 1, 512, 65_507])('a packet of %i octets goes both ways', async (size) => {
  const server = await io.bind('127.0.0.1', 0, (packet, from, socket) => socket.send(packet, from));
  const client = await openClient('udp4', '127.0.0.1');
  const packets = ['a', 'b', 'c'].map((letter) => Buffer.alloc(size, letter));
  for (const packet of packets) client.send(packet, server.port, '127.0.0.1');
  const replies = await collect(client, packets.length);
  expect(replies.map(({ text }) => text)).toEqual(packets.map(String));
  client.close();
  await server.close();
});

test('a packet that cannot go does not stop those behind it', async () => {
  const server = await io.bind('127.0.0.1', 0, (packet, from, socket) => {
    socket.send(Buffer.alloc(65_508), { address: from.address, port: from.port });
    // No way leads there from a loopback address.
    socket.send(packet, { address: '192.0.2.1', port: 9 });
    socket.send(packet, from);
  });
  const client = await openClient('udp4', '127.0.0.1');
  for (const text of ['a', 'b', 'c']) client.send(text, server.port, '127.0.0.1');
  expect((await collect(client, 3)).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  client.close();
  await server.close();
});

test.each(['127.0.0.1', '::1'])('replies on %s may come later, and in any order', async (address) => {
  const held: { packet: Uint8Array; peer: UdpPeer }[] = [];
  const server = await io.bind(address, 0, (packet, { address, port }, socket) => {
    held.push({ packet: packet.slice(), peer: { address, port } });
    if (held.length < 10) return;
    for (const { packet, peer } of held.splice(0).toReversed()) {
      setImmediate(() => socket.send(packet, peer));
    }
  });
  const type = address.includes(':') ? 'udp6' : 'udp4';
  const clients = [await openClient(type, address), await openClient(type, address)] as const;
  for (let i = 0; i < 10; i++) clients[i % 2 === 0 ? 0 : 1].send(String(i), server.port, address);
  const replies = await Promise.all(clients.map((client) => collect(client, 5)));
  expect(replies.map((list) => list.map(({ text }) => text).join(' '))).toEqual(['8 6 4 2 0', '9 7 5 3 1']);
  for (const client of clients) client.close();
  await server.close();
});

test('closed by its own receiver, with packets before and behind: what was answered leaves', async () => {
  let seen = 0;
  let closed: Promise<void> | undefined;
  const server = await io.bind('127.0.0.1', 0, (packet, from, socket) => {
    seen++;
    socket.send(packet, from);
    if (seen === 20) closed = socket.close();
  });
  const client = await openClient('udp4', '127.0.0.1');
  for (let i = 0; i < 100; i++) client.send(String(i), server.port, '127.0.0.1');
  const replies = await collect(client, 20);
  expect(replies.map(({ text }) => Number(text))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  await closed;
  expect(seen).toBe(20);
  client.close();
});

async function openClient(type: 'udp4' | 'udp6', address: string): Promise<Socket> {
  const client = createSocket(type);
  // A server that is gone is not the client's end.
  client.on('error', () => undefined);
  client.bind(0, address);
  await once(client, 'listening');
  return client;
}

async function collect(client: Socket, count: number): Promise<{ text: string; from: UdpPeer }[]> {
  const replies: { text: string; from: UdpPeer }[] = [];
  await new Promise<void>((resolve) => {
    client.on('message', (packet, from) => {
      replies.push({ text: packet.toString(), from });
      if (replies.length === count) resolve();
    });
  });
  return replies;
}
