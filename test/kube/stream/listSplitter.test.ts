import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ListSplitter, NotAListError } from '../../../src/kube/stream/listSplitter.ts';
import type { Piece } from '../../../src/kube/stream/piece.ts';
import { cut, json, places } from './chunks.ts';

const LIMIT = 1024 * 1024;

function split(chunks: Buffer[], limit = LIMIT): { pieces: Piece[]; splitter: ListSplitter } {
  const splitter = new ListSplitter(limit);
  const pieces = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return { pieces, splitter };
}

const texts = (pieces: readonly Piece[]): string[] => pieces.map((piece) => piece.bytes.toString('utf8'));

/** A list with its members in any order, and members that are none of ours beside them. */
const anyList = fc
  .record({
    items: fc.array(json, { maxLength: 6 }),
    metadata: fc.dictionary(fc.constantFrom('resourceVersion', 'continue', 'other'), json),
    others: fc.dictionary(fc.constantFrom('kind', 'apiVersion', 'x', 'Items'), json),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    indent: fc.constantFrom(undefined, 1, '\t', '\r\n '),
  })
  .map(({ items, metadata, others, order, indent }) => {
    const members = Object.entries({ ...others, items, metadata });
    const shuffled = members
      .map((member, i) => ({ member, rank: order[i] ?? 0 }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ member }) => member);
    return JSON.stringify(Object.fromEntries(shuffled), undefined, indent);
  });

test('finds what JSON.parse finds, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(anyList, places, (text, where) => {
      const { pieces, splitter } = split(cut(Buffer.from(text), where));
      const whole = JSON.parse(text);
      expect(texts(pieces).map((piece) => JSON.parse(piece))).toEqual(whole.items);
      expect(splitter.metadata).toEqual(whole.metadata);
      expect(splitter.done).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test.each([
  ['no items at all', '{"metadata":{"resourceVersion":"7"}}', []],
  ['null items, as Go writes an empty list', '{"items":null,"metadata":{}}', []],
  ['empty items', '{"items":[]}', []],
  ['white space only', '{"items": [ \n\t ] }', []],
  ['one item', '{"items":[{}]}', ['{}']],
  ['items of another member', '{"status":{"items":[1]},"items":[2]}', ['2']],
  ['a second list behind', '{"items":[1],"more":[2,3]}', ['1']],
  ['a newline at the end', '{"items":[1]}\n', ['1']],
])('%s', (_, text, expected) => {
  const { pieces, splitter } = split([Buffer.from(text)]);
  expect(texts(pieces)).toEqual(expected);
  expect(splitter.done).toBe(true);
});

test('a list that was cut off is not done', () => {
  const text = '{"metadata":{"resourceVersion":"7"},"items":[{"a":"}]}"},{"b":1}]}';
  for (let end = 0; end < text.length; end++) {
    expect(split([Buffer.from(text.slice(0, end))]).splitter.done).toBe(false);
  }
});

test.each([
  ['a text', '"items"'],
  ['an array', '[{"items":[]}]'],
  ['a page of HTML', '<html><body>Sign in</body></html>'],
  ['metadata that is no JSON', '{"metadata":{"a" 1}}'],
  ['a member without a name', '{items:[]}'],
])('%s is no list', (_, text) => {
  expect(() => split([Buffer.from(text)])).toThrow(NotAListError);
});

test('an item that is too long comes out as its head, the others whole', () => {
  const long = JSON.stringify({ metadata: { name: 'long' }, data: 'x'.repeat(100_000) });
  const text = `{"items":[{"n":1},${long},{"n":2}],"metadata":{"resourceVersion":"9"}}`;
  const chunks = cut(Buffer.from(text), [10, 30, 20_000, 50_000, 90_000]);
  const { pieces, splitter } = split(chunks, 50_000);
  expect(pieces.map((piece) => piece.length)).toEqual([7, long.length, 7]);
  const [first, head, last] = texts(pieces);
  expect([first, last]).toEqual(['{"n":1}', '{"n":2}']);
  expect(head?.length).toBeLessThan(5000);
  expect(long.startsWith(head ?? '-')).toBe(true);
  expect(splitter.metadata).toEqual({ resourceVersion: '9' });
});

test('an object of several megabytes is read', () => {
  const big = JSON.stringify({ data: 'é\\"'.repeat(700_000) });
  const bytes = Buffer.from(`{"items":[${big},1]}`);
  const where = Array.from({ length: Math.floor(bytes.length / 16_384) }, (_, i) => i * 16_384);
  const { pieces } = split(cut(bytes, where), 8 * LIMIT);
  expect(texts(pieces)).toEqual([big, '1']);
});
