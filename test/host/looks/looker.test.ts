import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Companion, startCompanion } from '../../../src/host/companion.ts';
import { LineReader } from '../../../src/host/lineReader.ts';
import { END, type Look } from '../../../src/host/looks/look.ts';
import { lookerArgv } from '../../../src/host/looks/lookerArgv.ts';

let looker: Companion;
let shown: string[];
let heard: (() => void) | undefined;

beforeEach(() => {
  shown = [];
  const lines = new LineReader((line) => {
    shown.push(line);
    if (line === END) heard?.();
  });
  looker = startCompanion(lookerArgv(), {
    said: (piece) => lines.push(piece),
    complained: (text) => shown.push(text),
    ended: (reason) => shown.push(reason),
  });
});

afterEach(() => looker.stop());

/** Resolves with what it shows. */
async function look(commands: Look['commands'], lines: string): Promise<readonly string[]> {
  const done = new Promise<void>((resolve) => {
    heard = resolve;
  });
  looker.tell([JSON.stringify({ commands, lines } satisfies Look)]);
  await done;
  return shown.splice(0);
}

test('shows the lines that match, of all programs in their order', async () => {
  const commands: Look['commands'] = [
    ['printf', 'one 1\\nnone\\ntwo 2\\n'],
    ['printf', "it's; three 3\\n"],
  ];
  expect(await look(commands, '[0-9]$')).toEqual(['one 1', 'two 2', "it's; three 3", END]);
});

test.each<[string, Look['commands']]>([
  ['is not there', [['no-such-program']]],
  ['fails', [['false']]],
])('a program that %s shows nothing and does not hold up the next look', async (_what, commands) => {
  expect(await look([...commands, ['echo', 'after']], '')).toEqual(['after', END]);
  expect(await look([['echo', 'again']], '')).toEqual(['again', END]);
});
