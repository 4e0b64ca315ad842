import { createConnection } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type HttpAnswer, listenHttp } from '../../src/host/httpListener.ts';

const ANSWER: HttpAnswer = { status: 503, headers: { 'X-Weight': '0' }, body: '{"ü":1}' };

/** All bytes of the answer to one request, as they came. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = createConnection(port, '127.0.0.1');
  socket.end(`${request}\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

test.each([
  ['GET / HTTP/1.1', '{"ü":1}'],
  ['POST /any/path?x HTTP/1.1', '{"ü":1}'],
  ['HEAD / HTTP/1.1', ''],
])('%s has the one answer', async (request, body) => {
  const listener = await listenHttp('127.0.0.1', 0, () => ANSWER);
  const text = await exchange(listener.port, request);
  expect(text.split('\r\n\r\n')).toEqual([expect.stringContaining('HTTP/1.1 503 '), body]);
  expect(text).toContain('X-Weight: 0\r\nContent-Length: 8\r\n');
  await listener.close();
});

test('a port in use rejects with what the system said', async () => {
  const listener = await listenHttp('127.0.0.1', 0, () => ANSWER);
  await expect(listenHttp('127.0.0.1', listener.port, () => ANSWER)).rejects.toThrow(
    `listen EADDRINUSE: address already in use 127.0.0.1:${listener.port}`,
  );
  await listener.close();
});

test('closing ends connections, even in the middle of a request', async () => {
  const listener = await listenHttp('127.0.0.1', 0, () => ANSWER);
  const socket = createConnection(listener.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.write('GET / HTTP/1.1\r\n');
  await new Promise(setImmediate);
  // Reset rather than ended, most often; `once` would take that for a failure.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.all([closed, listener.close()]);
});
