import { expect, test } from 'vitest';
import { attendSuccessor } from '../../../src/agent/succession/attend.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

type Step = 'ready' | 'gone' | 'stopped' | 'a minute';

/** What it does, and the exit code, once these have happened. */
async function attended(steps: readonly Step[]): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const clock = new FakeClock();
  const [ready, gone, stopped] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const agent = { leave: async () => void told.push('leaves'), stop: async () => void told.push('stops') };
  const giving = { ready: ready.promise, gone: gone.promise };
  const parts = { giving, agent, stopped: stopped.promise, clock, log: new FakeLog() };
  void attendSuccessor(parts).then((code) => told.push(code));
  const act = {
    ready: ready.resolve,
    gone: gone.resolve,
    stopped: stopped.resolve,
    'a minute': () => undefined,
  };
  for (const step of steps) {
    act[step]();
    await clock.advance(step === 'a minute' ? 60_000 : 0);
  }
  return told;
}

const CASES: readonly (readonly [what: string, steps: readonly Step[], told: readonly unknown[]])[] = [
  ['answers until the other does', ['a minute'], []],
  ['then is idle', ['ready', 'a minute'], ['leaves']],
  ['until it is told to stop', ['ready', 'a minute', 'stopped'], ['leaves', 0]],
  ['ends to be started again when the other has ended', ['ready', 'gone'], ['leaves', 1]],
  ['and when that never was ready', ['gone'], ['stops', 1]],
  ['told to stop, it waits for the other', ['stopped'], []],
  ['and stops once that is ready', ['stopped', 'ready'], ['leaves', 0]],
  ['or does not become so in time', ['stopped', 'a minute'], ['stops', 0]],
];

test.each(CASES)('%s', async (_what, steps, told) => {
  expect(await attended(steps)).toEqual(told);
});
