import { expect, test } from 'vitest';
import type { ManifestFiles } from '../../../src/kube/manifests/files.ts';
import { Library } from '../../../src/kube/manifests/library.ts';
import { TurnBudget } from '../../../src/kube/stream/turnBudget.ts';
import { FakeClock } from '../../fake/clock.ts';

const service = (name: string): string =>
  `{"apiVersion":"v1","kind":"Service","metadata":{"name":"${name}"}}`;

/** Files in memory; a text of `undefined` is a file that changes while it is read. */
class FakeFiles implements ManifestFiles {
  readonly texts = new Map<string, string | undefined>();
  readonly reads: string[] = [];
  isThere = true;

  list(): ReturnType<ManifestFiles['list']> {
    if (!this.isThere) return Promise.reject(new Error('gone'));
    return Promise.resolve(
      [...this.texts].map(([name, text]) => ({ name, path: name, stamp: text ?? 'moving' })),
    );
  }
  read({ name }: { name: string }): Promise<string | undefined> {
    this.reads.push(name);
    return Promise.resolve(this.texts.get(name));
  }
  watch(): { close(): void } {
    return { close: () => undefined };
  }
}

const ids = (library: Library): string[] =>
  library.manifests.flatMap(({ objects }) => objects.map(({ id }) => id));

test('a file that is being written is left as it was, and to be read again', async () => {
  const files = new FakeFiles();
  const library = new Library(files, new TurnBudget(new FakeClock()));
  files.texts.set('a', service('old')).set('b', service('other'));
  expect(await library.refresh()).toBe(true);
  files.texts.set('a', undefined);
  expect(await library.refresh()).toBe(false);
  expect(ids(library)).toEqual(['Service default/old', 'Service default/other']);
  files.texts.set('a', service('new'));
  expect(await library.refresh()).toBe(true);
  expect(ids(library)).toEqual(['Service default/new', 'Service default/other']);
});

test('only what has changed is read', async () => {
  const files = new FakeFiles();
  const library = new Library(files, new TurnBudget(new FakeClock()));
  files.texts.set('a', service('x')).set('b', ': [');
  await library.refresh();
  await library.refresh();
  expect(files.reads).toEqual(['a', 'b']);
  expect(library.errors).toHaveLength(1);
  files.texts.set('b', service('y'));
  await library.refresh();
  expect(files.reads).toEqual(['a', 'b', 'b']);
  expect(library.errors).toEqual([]);
});

test('a path that cannot be read changes nothing', async () => {
  const files = new FakeFiles();
  const library = new Library(files, new TurnBudget(new FakeClock()));
  files.texts.set('a', service('x'));
  await library.refresh();
  files.isThere = false;
  await expect(library.refresh()).rejects.toThrow('gone');
  expect(ids(library)).toEqual(['Service default/x']);
});
