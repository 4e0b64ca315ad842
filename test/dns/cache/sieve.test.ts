import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sieve } from '../../../src/dns/cache/sieve.ts';

function filled(...keys: string[]): Sieve<string> {
  return filledTelling(() => undefined, ...keys);
}

function filledTelling(left: (value: string, evicted: boolean) => void, ...keys: string[]): Sieve<string> {
  const sieve = new Sieve<string>(3, left);
  for (const key of keys) sieve.set(key, key, 1);
  return sieve;
}

const kept = (sieve: Sieve<string>): string =>
  ['a', 'b', 'c', 'd', 'e', 'f'].filter((key) => sieve.get(key) !== undefined).join('');

test('the oldest that nobody asked for goes first', () => {
  expect(kept(filled('a', 'b', 'c', 'd'))).toBe('bcd');
});

test('what was asked for is spared once', () => {
  const sieve = filled('a', 'b', 'c');
  sieve.get('a');
  sieve.set('d', 'd', 1);
  expect(sieve.get('b')).toBeUndefined();
  sieve.set('e', 'e', 1);
  sieve.set('f', 'f', 1);
  expect(kept(sieve)).toBe('aef');
});

test('when all were asked for the hand comes round and takes one', () => {
  const sieve = filled('a', 'b', 'c');
  expect(kept(sieve)).toBe('abc');
  sieve.set('d', 'd', 1);
  expect(kept(sieve)).toBe('bcd');
});

test('names asked once push each other out, and not the one asked often', () => {
  let evictions = 0;
  const sieve = filledTelling((_, evicted) => (evictions += evicted ? 1 : 0), 'a', 'b', 'c');
  for (let i = 0; i < 100; i++) {
    expect(sieve.get('a')).toBe('a');
    sieve.set(`flood${i}`, '', 1);
  }
  expect(evictions).toBe(100);
});

test('an entry larger than the whole is not kept, nor what it would replace', () => {
  const sieve = filled('a', 'b');
  sieve.set('a', 'large', 4);
  expect(kept(sieve)).toBe('b');
});

test('what no longer fits a smaller map goes at once', () => {
  const gone: string[] = [];
  const sieve = filledTelling((value, evicted) => gone.push(`${value} ${evicted}`), 'a', 'b', 'c');
  sieve.get('a');
  sieve.delete('b');
  sieve.resize(1);
  expect(gone).toEqual(['b false', 'c true']);
  expect(kept(sieve)).toBe('a');
});

test('whatever happens, it stays within its bytes and answers what was set last', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const step = fc.oneof(
    fc.record({ op: fc.constant('set' as const), key, bytes: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ op: fc.constant('get' as const), key }),
    fc.record({ op: fc.constant('delete' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const sieve = new Sieve<number>(20);
      const last = new Map<string, { value: number; bytes: number }>();
      steps.forEach((what, value) => {
        if (what.op === 'set') {
          sieve.set(what.key, value, what.bytes);
          last.set(what.key, { value, bytes: what.bytes });
        }
        if (what.op === 'delete') {
          sieve.delete(what.key);
          last.delete(what.key);
        }
        if (what.op === 'get') {
          const found = sieve.get(what.key);
          if (found !== undefined) expect(found).toBe(last.get(what.key)?.value);
        }
        expect(sieve.bytes).toBeLessThanOrEqual(20);
      });
      const present = [...last].filter(([name]) => sieve.get(name) !== undefined);
      expect(sieve.size).toBe(present.length);
      expect(sieve.bytes).toBe(present.reduce((sum, [, { bytes }]) => sum + bytes, 0));
    }),
  );
});
