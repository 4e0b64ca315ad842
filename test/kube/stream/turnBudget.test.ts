import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TurnBudget } from '../../../src/kube/stream/turnBudget.ts';
import { FakeClock } from '../../fake/clock.ts';

test('a turn is spent after ten milliseconds, and the next one is not', async () => {
  const clock = new FakeClock();
  const budget = new TurnBudget(clock);
  expect(budget.spent).toBe(false);
  await clock.advance(9);
  expect(budget.spent).toBe(false);
  await clock.advance(1);
  expect(budget.spent).toBe(true);
  await turn();
  expect(budget.spent).toBe(false);
});

test('those who wait go on one by one, in order, each in a turn of its own', async () => {
  const clock = new FakeClock();
  const budget = new TurnBudget(clock);
  const went: string[] = [];
  let turns = 0;
  const waits = ['a', 'b', 'c'].map(async (name) => {
    await budget.next();
    went.push(`${name}${turns}`);
  });
  for (; turns < 5; turns++) await turn();
  await Promise.all(waits);
  expect(went.map((entry) => entry[0])).toEqual(['a', 'b', 'c']);
  expect(new Set(went.map((entry) => entry.slice(1))).size).toBe(3);
});

test('a loop that asks lets others be served between its pieces', async () => {
  const clock = new FakeClock();
  const budget = new TurnBudget(clock);
  const story: string[] = [];
  const other = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await turn();
      story.push('served');
    }
  };
  const serving = other();
  for (let i = 0; i < 9; i++) {
    story.push('piece');
    await clock.advance(5);
    if (budget.spent) await budget.next();
  }
  await serving;
  expect(story.lastIndexOf('served')).toBeLessThan(story.lastIndexOf('piece'));
});
