import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Node waits for its threads before a process ends: one that sits in a system call could hold up the next agent.
test.each([
  ['exit', 7],
  ['throw', 1],
  ['close', 0],
])('a process with a thread that answers ends: by %s, with code %i', async (way, expected) => {
  const file = join(import.meta.dirname, 'endingProcess.ts');
  const [code, output] = await new Promise<[number, string]>((resolve) => {
    const child = execFile(process.execPath, [file, way], { timeout: 18_000 }, (_error, stdout) =>
      resolve([child.exitCode ?? -1, stdout]),
    );
  });
  expect(output).toBe('threads: 1\n');
  expect(code).toBe(expected);
});
