import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeName, isName, readName, skipName } from '../../../src/dns/wire/name.ts';

/** A message with so much before the name, which begins at `at`. */
function message(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

const HEADER = '00'.repeat(12);

test.each([
  ['the root', `${HEADER} 00`, 12, '', 13],
  ['one label', `${HEADER} 01 61 00`, 12, 'a', 15],
  ['a pointer', `${HEADER} 01 61 00 c00c`, 15, 'a', 17],
  ['labels and a pointer', `${HEADER} 01 61 00 01 62 c00c`, 15, 'b.a', 19],
  ['a pointer to a pointer', `${HEADER} 01 61 00 c00c c00f`, 17, 'a', 19],
  ['octets that text cannot show', `${HEADER} 05 2e 5c 00 20 ff 00`, 12, String.raw`\.\\\000\032\255`, 19],
])('%s', (_, hex, at, text, next) => {
  const octets = message(hex);
  expect(readName(octets, at, octets.length)).toBe(text);
  expect(skipName(octets, at, octets.length)).toBe(next);
});

test.each([
  ['no octet', HEADER, 12],
  ['a label cut short', `${HEADER} 05 61`, 12],
  ['no root', `${HEADER} 01 61`, 12],
  ['half a pointer', `${HEADER} c0`, 12],
  ['a pointer to itself', `${HEADER} c00c`, 12],
  ['a pointer forwards', `${HEADER} c00e 00 00`, 12],
  ['a pointer into the header', `${HEADER} c000`, 12],
  ['two pointers at each other', `${HEADER} c00e c00c`, 14],
  ['a pointer into its own name', `${HEADER} 01 61 c00c`, 12],
  ['a label of type 01', `${HEADER} 41 61 00`, 12],
  ['256 octets', `${HEADER} ${`3f${'61'.repeat(63)}`.repeat(3)} 3e ${'61'.repeat(62)} 00`, 12],
  [
    '256 octets by way of a pointer',
    `${HEADER} ${`3f${'61'.repeat(63)}`.repeat(3)} 00 3f${'61'.repeat(63)} c00c`,
    12 + 193,
  ],
])('malformed: %s', (_, hex, at) => {
  const octets = message(hex);
  expect(readName(octets, at, octets.length)).toBeUndefined();
  expect(skipName(octets, at, octets.length)).toBe(-1);
});

test('long chains of pointers are not followed for ever', () => {
  const octets = new Uint8Array(12 + 1 + 2 * 4000);
  for (let i = 0; i < 4000; i++) {
    const target = i === 0 ? 12 : 13 + 2 * (i - 1);
    octets[13 + 2 * i] = 0xc0 | (target >> 8);
    octets[14 + 2 * i] = target & 0xff;
  }
  expect(skipName(octets, 13 + 2 * 100, octets.length)).toBe(13 + 2 * 101);
  expect(skipName(octets, 13 + 2 * 3999, octets.length)).toBe(-1);
});

test.each([
  ['', true],
  ['cluster.local', true],
  ['a..b', false],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  [`${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(61)}`, true],
  [`${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(62)}`, false],
])('isName(%j) is %s', (text, expected) => {
  expect(isName(text)).toBe(expected);
});

test('any labels of any octets survive text and back', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
      const wire = [...labels.flatMap((octets) => [octets.length, ...octets]), 0];
      const octets = Uint8Array.from([...new Uint8Array(12), ...wire]);
      const text = readName(octets, 12, octets.length) ?? '?';
      expect(isName(text)).toBe(true);
      expect([...encodeName(text)]).toEqual(wire);
    }),
  );
});
