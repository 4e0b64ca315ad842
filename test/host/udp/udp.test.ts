import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { dgramIo } from '../../../src/host/udp/dgramUdp.ts';

test.each([
  ['127.0.0.1', '127.0.0.5', 'udp4'],
  ['127.0.0.9', '127.0.0.1', 'udp4'],
  ['::1', '::1', 'udp6'],
] as const)(
  'A11 a reply from %s to %s leaves from the very address that was asked',
  async (ours, theirs, type) => {
    const server = await dgramIo.bind(ours, 0, (packet, from, socket) => socket.send(packet, from));
    const client = createSocket(type);
    client.bind(0, theirs);
    await once(client, 'listening');
    client.send('ping', server.port, ours);
    const [reply, from] = (await once(client, 'message')) as [Buffer, { address: string; port: number }];
    expect([reply.toString(), from.address, from.port]).toEqual(['ping', ours, server.port]);
    client.close();
    await server.close();
  },
);

test('an address that is not ours, or taken, is the system’s error', async () => {
  await expect(dgramIo.bind('192.0.2.1', 0, () => undefined)).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
  });
  const server = await dgramIo.bind('127.0.0.1', 0, () => undefined);
  await expect(dgramIo.bind('127.0.0.1', server.port, () => undefined)).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await server.close();
});

test('closing twice, and sending after it, do nothing', async () => {
  const server = await dgramIo.bind('127.0.0.1', 0, () => undefined);
  await server.close();
  await server.close();
  server.send(Buffer.from('late'), { address: '127.0.0.1', port: 9 });
});

test('a peer that is gone does not stop the socket', async () => {
  const server = await dgramIo.bind('127.0.0.1', 0, (packet, from, socket) => socket.send(packet, from));
  const gone = createSocket('udp4');
  gone.bind(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address();
  await new Promise<void>((resolve) => gone.close(resolve));
  for (let i = 0; i < 10; i++) server.send(Buffer.from('nobody'), { address: '127.0.0.1', port });
  const client = createSocket('udp4');
  client.connect(server.port, '127.0.0.1');
  await once(client, 'connect');
  client.send('ping');
  const [reply] = (await once(client, 'message')) as [Buffer];
  expect(reply.toString()).toBe('ping');
  client.close();
  await server.close();
});
