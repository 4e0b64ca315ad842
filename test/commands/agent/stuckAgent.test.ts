import { expect, test } from 'vitest';
import { NoAgentError, SilentAgentError } from '../../../src/commands/agent/askAgent.ts';
import { isAgentStuck } from '../../../src/commands/agent/stuckAgent.ts';

const RUNNING = 'an agent is running, and would put everything back: stop it first';
const answers = (): Promise<unknown> => Promise.resolve({});
const isSilent = (): Promise<unknown> => Promise.reject(new SilentAgentError('it does not answer'));
const isNone = (): Promise<unknown> => Promise.reject(new NoAgentError('no agent runs here'));
const isRoots = (): Promise<unknown> => Promise.reject(new Error('permission denied'));

test.each<readonly [string, () => Promise<unknown>, boolean, boolean | string]>([
  ['none', isNone, false, false],
  ['none, and force', isNone, true, false],
  ['one that works', answers, false, RUNNING],
  ['one that works, and force: it would win one time and lose the other', answers, true, RUNNING],
  ['one that is stuck', isSilent, false, 'it does not answer; stop it, or give --force'],
  ['one that is stuck, and force', isSilent, true, true],
  ['one that cannot be asked', isRoots, true, 'permission denied'],
])('%s', async (_, ask, force, expected) => {
  const outcome = await isAgentStuck(ask, force).catch((error: Error) => error.message);
  expect(outcome).toBe(expected);
});
