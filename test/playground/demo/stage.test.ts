import { expect, test } from 'vitest';
import { systemClock } from '../../../src/host/clock.ts';
import { curlTool } from '../../../src/playground/demo/apiTool.ts';
import { RealStage } from '../../../src/playground/demo/stage.ts';
import { HERE, StepFailure } from '../../../src/playground/demo/step.ts';
import { Teller } from '../../../src/playground/demo/teller.ts';

function stage(clock = systemClock) {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const entered: string[] = [];
  const actors = {
    enter(place: string, argv: readonly string[]) {
      entered.push(place);
      return Promise.resolve(['env', `PLACE=${place}`, ...argv] as const);
    },
    startAgent: () => undefined,
  };
  const real = new RealStage(
    actors,
    new Teller({ write, colours: false }),
    curlTool,
    () => process.env,
    clock,
  );
  return { stage: real, entered, shown: () => text };
}

test('shows the command and both streams of its real output', async () => {
  const { stage: s, shown } = stage();
  const output = await s.run(HERE, 'echo out; echo err >&2; exit 3');
  expect(output.code).toBe(3);
  expect(shown()).toContain('$ echo out; echo err >&2; exit 3\n');
  expect(output.text.split('\n').sort()).toEqual(['', 'err', 'out']);
  expect(shown().endsWith(output.text)).toBe(true);
});

test('a command of a machine runs in that machine', async () => {
  const { stage: s, entered, shown } = stage();
  expect((await s.run('web-1', 'echo at $PLACE')).text).toBe('at web-1\n');
  expect(entered).toEqual(['web-1']);
  expect(shown()).toBe('web-1$ echo at $PLACE\nat web-1\n');
});

test('a program that cannot be started is output too', async () => {
  const { stage: s } = stage();
  const output = await s.run(HERE, 'no-such-program-here');
  expect(output.code).toBe(127);
  expect(output.text).toContain('no-such-program-here');
});

test('eventually shows the output that held, once', async () => {
  const { stage: s, shown } = stage();
  let looks = 0;
  const holds = ({ text }: { text: string }): boolean => text === 'yes\n' && ++looks === 3;
  await s.eventually(HERE, 'echo yes', holds, 'yes');
  expect(shown()).toMatch(/^\$ echo yes\nyes\n {2}# true after \d+\.\d s, at try 3\n$/);
});

test('eventually gives up, and says what it waited for', async () => {
  // Every look at this clock is ten seconds later.
  let now = 0;
  const clock = { ...systemClock, monotonic: () => (now += 10_000) };
  const { stage: s, shown } = stage(clock);
  const waiting = s.eventually(HERE, 'echo no', () => false, 'yes');
  await expect(waiting).rejects.toThrow(StepFailure);
  await expect(waiting).rejects.toThrow('expected yes within 30.0 s');
  expect(shown()).toBe('$ echo no\nno\n');
});
