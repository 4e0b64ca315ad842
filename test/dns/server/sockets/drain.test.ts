import { expect, test } from 'vitest';
import { drained } from '../../../../src/dns/server/sockets/drain.ts';
import { FakeClock } from '../../../fake/clock.ts';

/** A server's traffic, and how long its drain has taken so far. */
function setUp() {
  const clock = new FakeClock();
  const traffic = { queries: 0, waiting: 0 };
  const state = { done: false };
  void drained({ queries: () => traffic.queries, waiting: () => traffic.waiting }, clock).then(() => {
    state.done = true;
  });
  return { clock, traffic, state };
}

test('ends when nobody has asked for a while', async () => {
  const { clock, traffic, state } = setUp();
  for (let query = 0; query < 10; query++) {
    await clock.advance(100);
    traffic.queries++;
  }
  await clock.advance(150);
  expect(state.done).toBe(false);
  await clock.advance(100);
  expect(state.done).toBe(true);
});

test('waits for those who wait for us', async () => {
  const { clock, traffic, state } = setUp();
  traffic.waiting = 1;
  await clock.advance(2000);
  expect(state.done).toBe(false);
  traffic.waiting = 0;
  await clock.advance(220);
  expect(state.done).toBe(true);
});

test('ends within seconds, whoever goes on asking', async () => {
  const { clock, traffic, state } = setUp();
  for (let ms = 0; ms < 3000; ms += 10) {
    traffic.queries++;
    await clock.advance(10);
  }
  expect(state.done).toBe(true);
});
