import { expect, test } from 'vitest';
import { codeOf, errorOf, messageOf } from '../../src/errors/caught.ts';

const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' });

test.each([
  ['an error of the system', missing, 'no such file', 'ENOENT'],
  ['an error without a code', new TypeError('no function'), 'no function', undefined],
  ['an error whose code is a number', Object.assign(new Error('refused'), { code: 7 }), 'refused', undefined],
  ['a text', 'gone', 'gone', undefined],
  ['nothing', undefined, 'undefined', undefined],
  ['an object that is no error', { code: 'ENOENT', toString: () => 'it' }, 'it', undefined],
])('of %s: its message and code', (_, caught, message, code) => {
  expect([messageOf(caught), codeOf(caught)]).toEqual([message, code]);
});

test('an Error stays the same one, anything else becomes one that says it', () => {
  expect(errorOf(missing)).toBe(missing);
  expect(errorOf('gone')).toEqual(new Error('gone'));
});
