import { expect, test } from 'vitest';
import { type Companion, startCompanion } from '../../src/host/companion.ts';

interface Started {
  readonly companion: Companion;
  readonly complaints: string[];
  readonly ended: Promise<string>;
}

function start(...argv: [string, ...string[]]): Started {
  const complaints: string[] = [];
  let companion: Companion | undefined;
  const ended = new Promise<string>((resolve) => {
    companion = startCompanion(argv, { complained: (text) => complaints.push(text), ended: resolve });
  });
  if (companion === undefined) throw new Error('not started');
  return { companion, complaints, ended };
}

const ECHO = 'while read -r line; do echo "heard $line" >&2; done';

test('it does all it was told before it is stopped', async () => {
  const { companion, complaints } = start('sh', '-c', ECHO);
  companion.tell(['one', 'two']);
  companion.tell(['three']);
  await companion.stop();
  expect(complaints.join('\n').split('\n')).toEqual(['heard one', 'heard two', 'heard three']);
});

test.each<[string, [string, ...string[]], RegExp]>([
  ['ends', ['sh', '-c', 'exit 3'], /^sh ended with exit code 3$/],
  ['is killed', ['sh', '-c', 'kill -9 $$'], /^sh ended with SIGKILL$/],
  // EACCES: somewhere on PATH is a folder that this user may not search.
  ['is not installed', ['no-such-program'], /ENOENT|EACCES/],
])('a program that %s is told of, and telling it more is no error', async (_what, argv, reason) => {
  const { companion, ended } = start(...argv);
  companion.tell(['anything']);
  expect(await ended).toMatch(reason);
  companion.tell(['anything']);
  await companion.stop();
});

test('being stopped is not told as an end', async () => {
  const { companion, ended } = start('sh', '-c', ECHO);
  await companion.stop();
  expect(await Promise.race([ended, Promise.resolve('nothing')])).toBe('nothing');
});

test('its texts are not translated', async () => {
  const { companion, complaints } = start('sh', '-c', 'echo "$LC_ALL" >&2; cat');
  await companion.stop();
  expect(complaints).toEqual(['C']);
});
