import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pattern } from '../../../../src/dns/rules/pattern/pattern.ts';

/** All groups; `undefined` when there is no match. */
function groupsOf(source: string, text: string): (string | undefined)[] | undefined {
  const found = new Pattern(source).exec(text);
  return found && Array.from({ length: found.count + 1 }, (_, i) => found.get(i));
}

describe('patterns', () => {
  test.each<readonly [source: string, text: string, groups: readonly string[] | undefined]>([
    ['', 'a', ['']],
    ['a', 'bab', ['a']],
    ['^a', 'ba', undefined],
    ['a$', 'ab', undefined],
    ['\\Aab\\z', 'ab', ['ab']],
    [
      '(.*)-(us-west-1)\\.example\\.org',
      'ftp-us-west-1.example.org.',
      ['ftp-us-west-1.example.org', 'ftp', 'us-west-1'],
    ],
    ['^(?:[^.]+\\.){4,}internal\\.$', 'a.b.c.d.internal.', ['a.b.c.d.internal.']],
    ['^(?:[^.]+\\.){4,}internal\\.$', 'a.b.c.internal.', undefined],
    ['(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd']],
    ['(a*)(a*)', 'aa', ['aa', 'aa', '']],
    ['(a*?)(a*)', 'aa', ['aa', '', 'aa']],
    ['(a)|(b)', 'b', ['b', '', 'b']],
    ['(a|b)*', 'abab', ['abab', 'b']],
    ['x{2}', 'xxx', ['xx']],
    ['x{2,}', 'xxx', ['xxx']],
    ['x{1,2}?', 'xx', ['x']],
    ['(?i)EXAMPLE', 'example', ['example']],
    ['(?i:A)b', 'ab', ['ab']],
    ['(?i:A)B', 'ab', undefined],
    ['[[:alpha:]]+[[:digit:]]', 'ab1', ['ab1']],
    ['[^a-c]', 'abcd', ['d']],
    ['[]a]+', ']a', [']a']],
    ['[a\\-z]+', 'a-z', ['a-z']],
    ['\\d+\\D\\w\\W\\S', '12.a.b', ['12.a.b']],
    ['\\bb\\b', 'a.b.c', ['b']],
    ['\\Bb', 'ab', ['b']],
    ['\\x2e', 'a.b', ['.']],
    ['a{', 'a{', ['a{']],
    // Loops through nothing must end.
    ['(a*)*', 'b', ['', '']],
  ])('%s in %s', (source, text, groups) => {
    expect(groupsOf(source, text)).toEqual(groups);
  });

  const octets = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  // Go's \\s is without the vertical tab; all others are as they are here.
  test.each(['\\d', '\\D', '\\w', '\\W', '[\\t\\n\\f\\r ]'])('the octets of %s', (source) => {
    const own = source.startsWith('[') ? '\\s' : source;
    const expected = octets.filter((octet) => new RegExp(source).test(octet));
    expect(octets.filter((octet) => new Pattern(own).exec(octet) !== undefined)).toEqual(expected);
  });

  test('groups have names', () => {
    const found = new Pattern('(?P<a>\\d+)-(?<b>\\d+)').exec('x10-20');
    expect([found?.get('a'), found?.get('b'), found?.get('c')]).toEqual(['10', '20', undefined]);
  });

  test.each([
    ['(a', 'a parenthesis is not closed'],
    ['a)', 'a parenthesis is closed that was not opened'],
    ['[a', 'a bracket is not closed'],
    ['[b-a]', 'a range runs backwards'],
    ['*a', 'nothing before *'],
    ['a**', 'a repetition is repeated'],
    ['a{3,2}', '{3,2} is no repetition'],
    ['a{1001}', '{1001} is no repetition'],
    ['(a{1000}){1000}', 'its repetitions are too many'],
    ['(?=a)', '(?=a is not offered'],
    ['(a)\\1', '\\1 is not offered'],
    ['\\pL', '\\p is not offered'],
    ['('.repeat(200), 'groups are nested too deep'],
  ])('%s is none: %s', (source, message) => {
    expect(() => new Pattern(source)).toThrow(message);
  });

  // Whatever is common to both languages must mean the same; groups in repetitions differ, so only the match is held.
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '1', '(?:ab|b)', '(?:a|)', '\\.');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '*?', '+?', '??'))
    .map((p) => p.join(''));
  const sequence = fc.array(piece, { maxLength: 5 }).map((p) => p.join(''));
  const source = fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(sequence, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, options, end]) => `${start}(?:${options.join('|')})${end}`);

  test('find what JavaScript finds', () => {
    fc.assert(
      fc.property(source, fc.stringMatching(/^[ab1.]{0,12}$/), (pattern, text) => {
        expect(groupsOf(pattern, text)?.[0]).toBe(new RegExp(pattern).exec(text)?.[0]);
      }),
      { numRuns: 2000 },
    );
  });

  test('one that takes others for ever takes this one a moment', () => {
    // Backtracking would try 2^250 ways. Here steps are counted in the thousands; a limit on time is the runner's.
    const name = `${'a'.repeat(250)}!`;
    expect(groupsOf('^(a+)+$', name)).toBeUndefined();
    expect(groupsOf('^(.*)a(.*)a(.*)a(.*)a(.*)b$', name)).toBeUndefined();
  });
});
