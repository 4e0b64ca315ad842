import fc from 'fast-check';

/** Cuts bytes at the given places, which may repeat and lie outside: an empty chunk is a chunk too. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map((place) => Math.min(place, bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}

export const places: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 400 }), { maxLength: 40 });

/** Texts that a splitter could stumble over. */
const trap = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '"items":[',
  '\u2028',
  'é',
  '𝄞',
);

export const trickyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(trap, fc.string({ maxLength: 5 })), { maxLength: 6 })
  .map((parts) => parts.join(''));

export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    trickyText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(trickyText, fc.constantFrom('items', 'metadata')), tie('value'), { maxKeys: 4 }),
  ),
})).value;
