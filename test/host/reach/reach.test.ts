import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { canReach, reach } from '../../../src/host/reach/reach.ts';

/** Longer than a connection to oneself can take. */
const LONG = 60_000;

async function listening(accept: (server: Server) => void): Promise<number> {
  const server = createServer({ noDelay: true });
  accept(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a server that listens is reached, and it is told when', async () => {
  const port = await listening((server) => server.on('connection', (socket) => socket.resume()));
  let taken = 0;
  expect(await reach('127.0.0.1', port, LONG, () => taken++)).toBe('connected');
  expect(taken).toBe(1);
  expect(await canReach('127.0.0.1', port, LONG)).toBe(true);
});

test('nobody listens: refused', async () => {
  const port = await listening(() => undefined);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const free = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  expect(free).not.toBe(port);
  expect(await reach('127.0.0.1', free, LONG)).toBe('refused');
  expect(await canReach('127.0.0.1', free, LONG)).toBe(false);
});

test('no address at all: unreachable', async () => {
  expect(await reach('nobody.invalid', 80, LONG)).toBe('unreachable');
});
