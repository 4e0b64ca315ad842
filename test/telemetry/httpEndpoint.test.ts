import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { HttpEndpoint } from '../../src/telemetry/httpEndpoint.ts';
import { type HttpRoutes, jsonReply } from '../../src/telemetry/httpAnswer.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.stop()));
});

const ROUTES: HttpRoutes = {
  '/good': () => jsonReply(200, { well: true }),
  '/bad': () => {
    throw new Error('out of luck');
  },
};

function endpoint(port = 0, clock = new FakeClock(), log = new FakeLog()) {
  const made = new HttpEndpoint({ name: 'metrics', address: '127.0.0.1', port, routes: ROUTES, clock, log });
  open.push(made);
  return { made, clock, log };
}

test.each([
  ['/good', 200, 'application/json', '{"well":true}\n'],
  ['/good?verbose', 200, 'application/json', '{"well":true}\n'],
  ['/bad', 500, 'text/plain; charset=utf-8', 'out of luck\n'],
  ['/absent', 404, 'text/plain; charset=utf-8', 'not found\n'],
  ['/constructor', 404, 'text/plain; charset=utf-8', 'not found\n'],
])('%s is answered with %d', async (path, status, type, body) => {
  const { made } = endpoint();
  await made.start();
  const response = await fetch(`http://127.0.0.1:${made.port}${path}`);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    status,
    type,
    body,
  ]);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a port in use is told once and tried again until it is free', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { made, clock, log } = endpoint(port);
  await made.start();
  await clock.advance(5_000);
  expect(log.messages()).toEqual(['metrics: cannot listen; trying again every 5 s']);
  await new Promise((resolve) => other.close(resolve));
  while (made.port === 0) {
    await clock.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(made.port).toBe(port);
  expect(log.messages('info')).toEqual(['metrics: listening at last']);
});

test('stopping what was never started is no error', async () => {
  await expect(endpoint().made.stop()).resolves.toBeUndefined();
});

test('stopping while it waits for the port ends the waiting', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const { made, clock } = endpoint(typeof address === 'object' && address !== null ? address.port : 0);
  await made.start();
  await made.stop();
  expect(clock.pending()).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
});
