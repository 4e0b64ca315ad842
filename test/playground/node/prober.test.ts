import { expect, test } from 'vitest';
import { Prober } from '../../../src/playground/node/prober.ts';
import { FakeClock } from '../../fake/clock.ts';

const PROBE = {
  httpGet: { path: '/', port: 80 },
  periodSeconds: 2,
  timeoutSeconds: 1,
  failureThreshold: 3,
} as const;

/** What is said to these answers, one each period: `+` and `-`, `.` for nothing. */
async function told(answers: string): Promise<string> {
  const clock = new FakeClock();
  let said = '';
  let asked = 0;
  const ask = (): Promise<boolean> => {
    said += '.';
    return Promise.resolve(answers[asked++] === '+');
  };
  const prober = new Prober(PROBE, {
    clock,
    ask,
    changed: (succeeds) => {
      said = said.slice(0, -1) + (succeeds ? '+' : '-');
    },
  });
  await clock.advance((answers.length - 1) * 2000);
  prober.stop();
  await clock.advance(60_000);
  return said;
}

test.each([
  ['+', '+'],
  ['-', '.'],
  ['--+', '..+'],
  ['---', '..-'],
  ['+--+', '+...'],
  ['+---+', '+..-+'],
  ['------', '..-...'],
])('%s is told as %s', async (answers, expected) => {
  expect(await told(answers)).toBe(expected);
});
