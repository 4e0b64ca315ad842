import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

const KNOWN = ['run', 'render', 'resolve', 'status', 'cleanup'];

test.each([
  ['rnu', 'run'],
  ['stauts', 'status'],
  ['resovle', 'resolve'],
  ['RENDER', 'render'],
  ['clean', 'cleanup'],
  ['cleanu', 'cleanup'],
  ['xyz', undefined],
  ['', undefined],
])('%j most likely means %s', (word, expected) => {
  expect(nearest(word, KNOWN)).toBe(expected);
});
