import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startRelay } from '../../../src/playground/network/relay.ts';

async function relayTo(path: string): Promise<number> {
  const relay = await startRelay({ host: '127.0.0.1', port: 0 }, path);
  onTestFinished(() => void relay.close());
  return (relay.address() as AddressInfo).port;
}

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'socket');
}

test('carries bytes both ways, and an end of either side', async () => {
  const path = await socketPath();
  const server = createServer((socket) => socket.on('data', (data) => socket.end(`heard ${String(data)}`)));
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const client = connect(await relayTo(path), '127.0.0.1');
  client.write('hello');
  let text = '';
  for await (const chunk of client) text += String(chunk);
  expect(text).toBe('heard hello');
});

test('a socket that nobody serves ends the connection and not the relay', async () => {
  const port = await relayTo(await socketPath());
  for (let i = 0; i < 2; i++) {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'close');
  }
});
