import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadDescriptorPass } from '../../src/host/descriptorPass.ts';
import { InheritedSockets, socketsOn } from '../../src/host/inheritedSockets.ts';
import { dgramIo } from '../../src/host/udp/dgramUdp.ts';
import { loadSharedSystem } from '../../src/host/udp/sharedSocket.ts';

const HOST = '127.0.0.1';
const system = await loadSharedSystem();
const pass = await loadDescriptorPass();

/** An address and port with one socket for each protocol. */
async function served() {
  for (;;) {
    const udp = createSocket('udp4');
    udp.bind(0, HOST);
    await once(udp, 'listening');
    const { port } = udp.address();
    const tcp = createServer();
    tcp.listen(port, HOST);
    // A port that is free for one protocol may be in use for the other.
    const free = await once(tcp, 'listening').then(
      () => true,
      () => false,
    );
    if (free) return { udp, tcp, port };
    udp.close();
  }
}

/** What goes from one process to another, within one. */
function handedOver(port: number): InheritedSockets {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const inlet = pass.open(join(folder, 's'));
  const sockets = socketsOn(system.descriptors, [{ address: HOST, port }]);
  pass.send(
    join(folder, 's'),
    sockets.map(({ fd }) => fd),
  );
  const fds = inlet.receive();
  inlet.close();
  expect(readdirSync(folder)).toEqual([]);
  const inherited = new InheritedSockets();
  inherited.add(
    system,
    sockets.map((one, i) => ({ ...one, fd: fds[i] ?? -1 })),
  );
  return inherited;
}

async function send(port: number, text: string): Promise<Socket> {
  const client = createSocket('udp4');
  client.connect(port, HOST);
  await once(client, 'connect');
  client.send(text);
  return client;
}

test('packets that wait when the old owner closes are read by the new one, and answered from the same address', async () => {
  const { udp, tcp, port } = await served();
  tcp.close();
  const inherited = handedOver(port);
  // Nobody has read it when the socket it came to is closed.
  udp.removeAllListeners('message');
  const client = await send(port, 'first');
  await new Promise<void>((resolve) => void udp.close(() => resolve()));
  const socket = await inherited
    .udp(dgramIo)
    .bind(HOST, port, (packet, from, here) => here.send(Buffer.concat([Buffer.from('re '), packet]), from));
  const later = await send(port, 'second');
  const heard = await Promise.all(
    [client, later].map(async (one) => String((await once(one, 'message'))[0])),
  );
  expect(heard.sort()).toEqual(['re first', 're second']);
  for (const one of [client, later]) one.close();
  await socket.close();
});

test('a connection is accepted by the new owner once the old one listens no more', async () => {
  const { udp, tcp, port } = await served();
  udp.close();
  const inherited = handedOver(port);
  const server = createServer((socket) => socket.end('new'));
  server.listen(inherited.tcp(HOST, port) ?? { host: HOST, port: 0 });
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(port);
  await new Promise<void>((resolve) => void tcp.close(() => resolve()));
  const [text] = await once(connect(port, HOST), 'data');
  expect(String(text)).toBe('new');
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});

test('what is not inherited is bound, and each socket is taken once', async () => {
  const { udp, tcp, port } = await served();
  const inherited = handedOver(port);
  const io = inherited.udp(dgramIo);
  const taken = await io.bind(HOST, port, () => undefined);
  await expect(io.bind(HOST, port, () => undefined)).rejects.toThrow('EADDRINUSE');
  await taken.close();
  udp.close();
  expect(inherited.tcp(HOST, port)).toBeDefined();
  expect(inherited.tcp(HOST, port)).toBeUndefined();
  tcp.close();
});

test('what nobody takes is closed', async () => {
  const { udp, tcp, port } = await served();
  const inherited = handedOver(port);
  udp.close();
  tcp.close();
  await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
  const open = (): boolean => system.descriptors.boundTo({ address: HOST, port }, 'tcp') >= 0;
  expect(open()).toBe(true);
  inherited.close();
  expect(open()).toBe(false);
});

test('a connection is not taken for the listener that it came from', async () => {
  const { udp, tcp, port } = await served();
  const client = connect(port, HOST);
  const [accepted] = await once(tcp, 'connection');
  tcp.close();
  expect(system.descriptors.boundTo({ address: HOST, port }, 'tcp')).toBe(-1);
  accepted.destroy();
  client.destroy();
  udp.close();
});

test('nobody to send to, and more than fits, are errors', () => {
  expect(() => pass.send('/nowhere/s', [1])).toThrow('ENOENT');
  expect(() =>
    pass.send(
      '/nowhere/s',
      Array.from({ length: pass.most + 1 }, () => 1),
    ),
  ).toThrow('too many');
  expect(() => pass.open(`/tmp/${'x'.repeat(108)}`)).toThrow('too long');
});
