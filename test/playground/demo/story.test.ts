import { expect, test } from 'vitest';
import { kubectlTool } from '../../../src/playground/demo/apiTool.ts';
import { type Output, type Stage, type Step, StepFailure } from '../../../src/playground/demo/step.ts';
import { STORY, tellStory } from '../../../src/playground/demo/story.ts';
import { Teller } from '../../../src/playground/demo/teller.ts';

/** A stage on which every command has the same output, and nothing comes true by waiting. */
function stageSaying(output: Output): Stage {
  return {
    api: kubectlTool,
    run: () => Promise.resolve(output),
    eventually: (_place, _command, holds, expected) =>
      holds(output)
        ? Promise.resolve({ ...output, after: 0 })
        : Promise.reject(new StepFailure(expected, output)),
    check(holds, expected) {
      if (!holds) throw new StepFailure(expected, output);
    },
    remark: () => undefined,
    startAgent: () => undefined,
  };
}

const SILENCE: Output = { code: 0, text: '', took: 0 };
const REFUSED: Output = { code: 7, text: 'curl: (7) Failed to connect\n', took: 0 };

const step = (title: string, run: Step['run']): Step => ({ title, story: 'Told.', run });

async function tell(steps: readonly Step[], stage = stageSaying(SILENCE)) {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const outcome = await tellStory(steps, stage, new Teller({ write, colours: false }), 0);
  return { text, outcome };
}

test.each(STORY)('“$title” does not hold when nothing answers', async (told) => {
  await expect(told.run(stageSaying(SILENCE))).rejects.toThrow(StepFailure);
});

test.each(STORY)('“$title” does not hold when everything is refused', async (told) => {
  await expect(told.run(stageSaying(REFUSED))).rejects.toThrow(StepFailure);
});

test('steps are told in order, numbered, each with its mark', async () => {
  const good = () => Promise.resolve();
  const { text, outcome } = await tell([step('One', good), step('Two', good)]);
  expect(outcome).toEqual({ held: 2, failed: undefined });
  expect(text.split('\n').filter((line) => /^──|✓|✗/.test(line))).toEqual([
    expect.stringMatching(/^── 1\/2 {2}One ─/),
    '  ✓ One',
    expect.stringMatching(/^── 2\/2 {2}Two ─/),
    '  ✓ Two',
  ]);
});

test('the first step that does not hold ends the story, with what was expected', async () => {
  let later = false;
  const { text, outcome } = await tell([
    step('Fails', async (stage) => stage.check(false, 'an answer', REFUSED)),
    step('Later', () => {
      later = true;
      return Promise.resolve();
    }),
  ]);
  expect(outcome.held).toBe(0);
  expect(outcome.failed?.title).toBe('Fails');
  expect(text).toContain('✗ Fails: expected an answer');
  expect(later).toBe(false);
});

test('an error that is no failed check fails the step too', async () => {
  const { text, outcome } = await tell([
    step('Breaks', () => Promise.reject(new Error('web-9 is not running'))),
  ]);
  expect(outcome.held).toBe(0);
  expect(text).toContain('✗ Breaks: Error: web-9 is not running');
});
