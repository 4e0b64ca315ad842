/** Regular expressions of Go (RE2 syntax) as JavaScript's. */

/**
 * The expression, or why it cannot be used. RE2 takes time linear in the text whatever the expression; ours goes
 * back and tries again, and the texts are names that any pod may ask for. So one that could take exponential time
 * is not used, nor one with so many repetitions that their combinations would hold everything up.
 */
export function goRegex(source: string): RegExp | string {
  const [, letters = '', rest = source] = /^\(\?([imsU]+)\)(.*)$/s.exec(source) ?? [];
  if (letters.includes('U')) return 'the flag U is not offered';
  if (repeatsRepetition(rest)) return 'a repetition within a repetition could take for ever';
  if ((unescaped(rest).match(/[*+]|\{\d+,\}/g) ?? []).length > MAX_REPETITIONS) {
    return `more than ${MAX_REPETITIONS} repetitions could take for ever`;
  }
  const translated = rest
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
  try {
    return new RegExp(translated, letters);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** On 255 octets, the backtracking of four takes some milliseconds. */
const MAX_REPETITIONS = 4;

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** A repeated group that holds a repetition: `(a+)+`. */
function repeatsRepetition(source: string): boolean {
  const inner: boolean[] = [false];
  for (const [token] of unescaped(source).matchAll(/\(|\)(?:[*+]|\{\d+,\d*\})?|[*+]|\{\d+,\}/g)) {
    if (token === '(') inner.push(false);
    else if (token.startsWith(')')) {
      const holds = inner.pop() ?? false;
      if (token.length > 1 && holds) return true;
      inner[inner.length - 1] = (inner.at(-1) ?? false) || holds || token.length > 1;
    } else inner[inner.length - 1] = true;
  }
  return false;
}

/**
 * Without what only stands for itself: escaped characters, sets, and labels such as `[^.]+\.`, whose end can be
 * found in one way only.
 */
function unescaped(source: string): string {
  return source
    .replaceAll(/\[\^\\?(.)\][*+]\\?\1/gs, 'x')
    .replaceAll(/\\./gs, 'x')
    .replaceAll(/\[\^?\]?[^\]]*\]/g, 'x');
}
