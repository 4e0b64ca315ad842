import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stateFolder } from '../../src/host/stateFolder.ts';

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'made', 'when needed');
}

test('a file is written piece by piece, renamed, and read', async () => {
  const path = temporary();
  const folder = stateFolder(path);
  expect(await folder.read('new', 100)).toBeUndefined();
  const file = await folder.create('new');
  await file.write(Buffer.from('one, '));
  await file.write(Buffer.from('two'));
  await file.sync();
  await file.close();
  await folder.rename('new', 'kept');
  await folder.sync();
  expect(String(await folder.read('kept', 100))).toBe('one, two');
  expect(readdirSync(path)).toEqual(['kept']);
  // Where Services are is nobody else's business.
  expect(statSync(join(path, 'kept')).mode & 0o777).toBe(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('a new file begins empty, whatever an earlier process left', async () => {
  const path = temporary();
  const folder = stateFolder(path);
  const first = await folder.create('new');
  await first.write(Buffer.from('much more than what comes next'));
  await first.close();
  const second = await folder.create('new');
  await second.write(Buffer.from('next'));
  await second.close();
  expect(String(await folder.read('new', 100))).toBe('next');
});

test('what is too long is not read, and what is not there is removed', async () => {
  const path = temporary();
  const folder = stateFolder(path);
  await (await folder.create('a')).close();
  writeFileSync(join(path, 'a'), 'x'.repeat(101));
  await expect(folder.read('a', 100)).rejects.toThrow(
    `${path}/a has 101 octets, more than the 100 that are read`,
  );
  await folder.remove('a');
  await folder.remove('a');
  expect(readdirSync(path)).toEqual([]);
});

test('a folder that cannot be made says so', async () => {
  const path = temporary();
  await (await stateFolder(path).create('file')).close();
  await expect(stateFolder(join(path, 'file')).create('a')).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test('names are listed, and none where nothing was ever kept', async () => {
  const folder = stateFolder(temporary());
  expect(await folder.list()).toEqual([]);
  await (await folder.create('one')).close();
  expect(await folder.list()).toEqual(['one']);
});
