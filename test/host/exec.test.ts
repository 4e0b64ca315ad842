import { expect, test } from 'vitest';
import { systemExec } from '../../src/host/exec.ts';

const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script];

test('gives code, output and errors of a program', async () => {
  const argv = node(
    'process.stdin.on("data", (d) => { process.stdout.write(d); console.error("no"); process.exitCode = 3 })',
  );
  expect(await systemExec.run(argv, { stdin: 'hello' })).toEqual({
    code: 3,
    stdout: 'hello',
    stderr: 'no\n',
  });
});

test('gives input in pieces, and does not mind a program that reads none', async () => {
  const pieces = Array.from({ length: 500 }, (_, n) => `${n} ${'x'.repeat(2000)}\n`);
  const echo = await systemExec.run(node('process.stdin.pipe(process.stdout)'), { stdinPieces: pieces });
  expect(echo.stdout).toBe(pieces.join(''));
  expect((await systemExec.run(node('process.exit(5)'), { stdinPieces: pieces })).code).toBe(5);
});

test('tells the process id before there is any input, and none where nothing started', async () => {
  const told: number[] = [];
  const argv = node('process.stdin.resume().on("end", () => console.log(process.pid))');
  const { stdout } = await systemExec.run(argv, { onStart: (pid) => void told.push(pid) });
  expect(told.join()).toBe(stdout.trim());
  await systemExec.run(['no-such-program-here'], { onStart: (pid) => void told.push(pid) });
  expect(told).toHaveLength(1);
});

test('gives output in pieces to whoever wants it, and no character in halves', async () => {
  const pieces: string[] = [];
  const text = 'ü'.repeat(200_001);
  const argv = node(`process.stdout.write('a' + 'ü'.repeat(200_001))`);
  const { code, stdout } = await systemExec.run(argv, { onStdout: (piece) => pieces.push(piece) });
  expect([code, stdout]).toEqual([0, '']);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(`a${text}`);
});

test('a program that cannot start has code 127 and the reason', async () => {
  const { code, stderr } = await systemExec.run(['no-such-program-here']);
  expect(code).toBe(127);
  // EACCES: somewhere on PATH is a folder that this user may not search.
  expect(stderr).toMatch(/ENOENT|EACCES/);
});

test('a program that takes too long is killed', async () => {
  expect((await systemExec.run(node('setInterval(() => {}, 1000)'), { timeoutMs: 300 })).code).toBe(124);
});
