import { expect, test } from 'vitest';
import { givenUp, whyUnread } from '../../../src/agent/source/unread.ts';
import type { SourceState } from '../../../src/kube/source.ts';
import { FakeClock } from '../../fake/clock.ts';

const state = (kind: SourceState['kind'], synced: boolean, error = ''): SourceState => ({
  kind,
  synced,
  error,
  silentMs: undefined,
});

test.each<readonly [what: string, states: readonly SourceState[], told: string]>([
  [
    'what is missing is named',
    [state('Service', true), state('EndpointSlice', false), state('Node', false)],
    'reading EndpointSlice, Node',
  ],
  [
    'an error rather than a name',
    [state('Service', false), state('EndpointSlice', false, 'connection refused')],
    'connection refused',
  ],
  [
    'not that of a kind that was read',
    [state('Service', true, 'connection refused'), state('Node', false)],
    'reading Node',
  ],
])('%s', (_, states, told) => {
  expect(whyUnread({ state: () => states })).toBe(told);
});

/** What becomes of a wait of 30 s, asked before and after its end. */
async function asked(why: () => string): Promise<readonly string[]> {
  const clock = new FakeClock();
  const told: string[] = [];
  void givenUp(clock, 30_000, why).then(({ message }) => told.push(message));
  await clock.advance(29_999);
  told.push('29.999 s');
  await clock.advance(1);
  return told;
}

test('what is not there in time is given up, with the reason of then', async () => {
  expect(await asked(() => 'connection refused')).toEqual([
    '29.999 s',
    'given up after 30 s (--source-timeout): connection refused',
  ]);
});

test('where it came in time, nothing is given up', async () => {
  expect(await asked(() => '')).toEqual(['29.999 s']);
});
