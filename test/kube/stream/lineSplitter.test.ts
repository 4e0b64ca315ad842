import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/kube/stream/lineSplitter.ts';
import { cut, json, places } from './chunks.ts';

function split(chunks: Buffer[], limit = 1024 * 1024): { lines: string[]; atBorder: boolean } {
  const splitter = new LineSplitter(limit);
  const pieces = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return { lines: pieces.map((piece) => piece.bytes.toString('utf8')), atBorder: splitter.atBorder };
}

test('gives back every line, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.array(json), places, (values, where) => {
      const lines = values.map((value) => JSON.stringify(value));
      const result = split(cut(Buffer.from(lines.map((line) => `${line}\n`).join('')), where));
      expect(result.lines).toEqual(lines);
      expect(result.atBorder).toBe(true);
    }),
  );
});

test('empty lines are no events', () => {
  expect(split([Buffer.from('\n{"a":1}\n\r\n\n{"b":2}\r\n')]).lines).toEqual(['{"a":1}', '{"b":2}\r']);
});

test('a line without its end is not given, and shows', () => {
  expect(split([Buffer.from('{"a":1}\n{"b"')])).toEqual({ lines: ['{"a":1}'], atBorder: false });
});

test('a line that is too long comes out as its head, and costs no more memory', () => {
  const splitter = new LineSplitter(10_000);
  const pieces = [Buffer.from('{"a":1}\n{"long":"')];
  for (let i = 0; i < 100; i++) pieces.push(Buffer.alloc(1000, 'x'));
  pieces.push(Buffer.from('"}\n{"b":2}\n'));
  const found = pieces.flatMap((chunk) => [...splitter.push(chunk)]);
  expect(found.map((piece) => piece.length)).toEqual([7, 100_011, 7]);
  expect(found.map((piece) => piece.bytes.length)).toEqual([7, 4096, 7]);
  expect(found[1]?.bytes.toString('latin1', 0, 12)).toBe('{"long":"xxx');
});
