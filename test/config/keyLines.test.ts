import * as yaml from 'js-yaml';
import { expect, test } from 'vitest';
import { keyLines } from '../../src/config/keyLines.ts';

test.each<readonly [text: string, lines: object]>([
  ['a: 1\n# b: 2\nc: 3\n', { a: 1, c: 3 }],
  ['{\n"a": 1,\n"b":\n{ "c": 3 } }', { a: 2, b: 3, 'b.c': 4 }],
  ['---\na:\n- x: 1\n- y\nb: |\n  c: 3\n\n"d": >-\n  e\nf:', { a: 2, b: 5, d: 8, f: 10 }],
  ['a: &A\n  b: 1\nc: *A\nd: 1\r\n', { a: 1, 'a.b': 2, c: 3, d: 4 }],
  ['[a, b]', {}],
  ['', {}],
])('%j', (text, lines) => {
  expect(Object.fromEntries(keyLines(yaml, text))).toEqual(lines);
});
