import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { circlesIn, withinFolder } from './support/circles.ts';
import { IMPORT_RULES } from './support/importRules.ts';

const SRC = join(import.meta.dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Folder at the top of src/, or '' for src/main.ts. */
const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '');

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map((match) => relative(SRC, join(SRC, file, '..', match[1] ?? '')));
}

function allowed(from: string, target: string): boolean {
  const room = roomOf(from);
  if (roomOf(target) === room) return true;
  return (IMPORT_RULES[room] ?? []).some((rule) => target === `${rule}.ts` || target.startsWith(`${rule}/`));
}

test('every folder of src/ has an import rule', () => {
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((room) => IMPORT_RULES[room] === undefined)).toEqual([]);
});

test('imports follow the one-way flow', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !allowed(file, target))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

const imports = new Map(files.map((file) => [file, new Set(importsOf(file))]));
const folders = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));

test.each(['', ...folders])('what lies in src/%s needs each other in one direction only', (folder) => {
  expect(circlesIn(withinFolder(folder, imports))).toEqual([]);
});

test('a circle is found, between files and between folders', () => {
  const needs = new Map([
    ['a/x.ts', new Set(['a/y.ts'])],
    ['a/y.ts', new Set(['b/x.ts'])],
    ['b/x.ts', new Set<string>()],
    ['b/y.ts', new Set(['a/x.ts'])],
  ]);
  expect(circlesIn(withinFolder('', needs))).toEqual(['a needs b', 'b needs a']);
  expect(circlesIn(withinFolder('a', needs))).toEqual([]);
  expect(circlesIn(needs)).toEqual([]);
  expect(circlesIn(new Map([...needs, ['b/x.ts', new Set(['a/x.ts'])]]))).toHaveLength(3);
});

test('only src/host/ and the playground start processes', () => {
  const spawning = files.filter(
    (file) =>
      !/^(host|playground)\//.test(file) &&
      readFileSync(join(SRC, file), 'utf8').includes('node:child_process'),
  );
  expect(spawning).toEqual([]);
});

test('a file that grows past 250 lines is split', () => {
  const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 250);
  expect(long).toEqual([]);
});

test('a folder that grows past 20 files is divided', () => {
  const wide = folders.filter((folder) => files.filter((file) => dirname(file) === folder).length > 20);
  expect(wide).toEqual([]);
});

const DOCUMENT = readFileSync(join(SRC, '../docs/ARCHITECTURE.md'), 'utf8');
/** Files and folders that it names, as `a/b.ts` or `a/b/`. */
const named = [...DOCUMENT.matchAll(/`(\w[\w./-]*(?:\.ts|\/))`/g)].map(([, path = '']) => path);

test('docs/ARCHITECTURE.md names files that exist', () => {
  const places = [join(SRC, '..'), SRC, join(SRC, 'agent'), join(SRC, 'dns')];
  const missing = named.filter((path) => !places.some((place) => existsSync(join(place, path))));
  expect(missing).toEqual([]);
  expect(named.length).toBeGreaterThan(50);
});

test('the map of docs/ARCHITECTURE.md has each room, and no other', () => {
  const rows = [...DOCUMENT.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell);
  const rooms = rows.flatMap((cell) => [...cell.matchAll(/`src\/([a-z]+)\/`/g)].map(([, room = '']) => room));
  expect(rooms.toSorted()).toEqual(folders.filter((folder) => !folder.includes('/')).toSorted());
});
