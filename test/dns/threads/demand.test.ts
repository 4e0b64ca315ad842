import { expect, test } from 'vitest';
import { Demand } from '../../../src/dns/threads/demand.ts';

/** Whether threads are wanted after each of so many seconds with so many queries each. */
function after(demand: Demand, seconds: number, queries: number): boolean {
  let wanted = false;
  for (let i = 0; i < seconds; i++) wanted = demand.second(queries);
  return wanted;
}

test.each([
  [[[60, 1_999]], false],
  [[[2, 9_999]], false],
  [[[3, 2_000]], true],
  [
    [
      [2, 9_999],
      [1, 0],
      [2, 9_999],
    ],
    false,
  ],
  [
    [
      [3, 2_000],
      [600, 500],
    ],
    true,
  ],
  [
    [
      [3, 2_000],
      [179, 0],
    ],
    true,
  ],
  [
    [
      [3, 2_000],
      [180, 499],
    ],
    false,
  ],
  [
    [
      [3, 2_000],
      [179, 0],
      [1, 500],
      [179, 0],
    ],
    true,
  ],
] as const)('seconds with so many queries each, %j: threads wanted is %s', (spans, wanted) => {
  const demand = new Demand();
  let last = false;
  for (const [seconds, queries] of spans) last = after(demand, seconds, queries);
  expect(last).toBe(wanted);
});
