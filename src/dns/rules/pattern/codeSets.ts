/** Sets of characters that patterns know by name. */

/** Of one octet; names in text are ASCII. */
export type CodeSet = (code: number) => boolean;

const digit: CodeSet = (code) => code >= 48 && code <= 57;
const word: CodeSet = (code) => digit(code) || isLetter(code) || code === 95;
const space: CodeSet = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11);
export const not =
  (set: CodeSet): CodeSet =>
  (code) =>
    !set(code);

/** Behind a backslash. */
export const CLASSES: Readonly<Record<string, CodeSet>> = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: space,
  S: not(space),
};

/** In `[:…:]`, within brackets. */
export const POSIX: Readonly<Record<string, CodeSet>> = {
  alnum: (code) => digit(code) || isLetter(code),
  alpha: (code) => isLetter(code),
  digit,
  lower: (code) => code >= 97 && code <= 122,
  upper: (code) => code >= 65 && code <= 90,
  word,
  xdigit: (code) => digit(code) || (isLetter(code) && (code | 32) <= 102),
  punct: (code) => code > 32 && code < 127 && !digit(code) && !isLetter(code),
};

/** Characters behind a backslash that stand for one without a sign. */
export const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

export function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}
