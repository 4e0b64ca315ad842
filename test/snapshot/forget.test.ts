import { expect, test } from 'vitest';
import { forgetJournals, forgetSnapshot } from '../../src/snapshot/forget.ts';
import { FakeStateFolder } from '../fake/stateFolder.ts';

const OURS = ['catalog.snapshot', 'catalog.snapshot.new', 'catalog.1.journal', 'catalog.2.journal'];

function folderOf(...names: readonly string[]): FakeStateFolder {
  const folder = new FakeStateFolder();
  for (const name of names) folder.put(name, Buffer.alloc(0));
  return folder;
}

test('a cleanup leaves nothing of ours, and all of others', async () => {
  const folder = folderOf(...OURS, 'lost+found', 'my.journal');
  await forgetSnapshot(folder);
  expect(folder.names).toEqual(['lost+found', 'my.journal']);
});

test('journals of before go when a snapshot is there', async () => {
  const folder = folderOf(...OURS);
  await forgetJournals(folder, 'catalog.2.journal');
  expect(folder.names).toEqual(['catalog.snapshot', 'catalog.snapshot.new', 'catalog.2.journal']);
});
