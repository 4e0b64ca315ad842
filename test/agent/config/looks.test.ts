import { expect, test } from 'vitest';
import { Looks, settled } from '../../../src/agent/config/looks.ts';
import { FakeClock } from '../../fake/clock.ts';

test('one look at a time; what is said meanwhile leads to one more', async () => {
  let looks = 0;
  let end = Promise.withResolvers<void>();
  const looking = new Looks(() => {
    looks += 1;
    return end.promise;
  });
  looking.look();
  looking.look();
  looking.look();
  expect(looks).toBe(1);
  const [first, { promise, resolve }] = [end, Promise.withResolvers<void>()];
  end = { ...end, promise };
  first.resolve();
  await expect.poll(() => looks).toBe(2);
  looking.stop();
  looking.look();
  resolve();
  await looking.running;
  expect([looks, looking.running]).toEqual([2, undefined]);
});

test('what is being written is taken once it stays the same', async () => {
  const clock = new FakeClock();
  const seen = ['a', 'ab', 'abc', 'abc'];
  let reads = 0;
  const whole = settled(
    '',
    () => Promise.resolve(seen[reads++] ?? ''),
    (a, b) => a === b,
    clock,
  );
  await clock.advance(10_000);
  expect(await whole).toBe('abc');
  expect(reads).toBe(4);
});
