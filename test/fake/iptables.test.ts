import { describe, expect, test } from 'vitest';
import { FakeIptables } from './iptables.ts';
import { FIRST, RESTORE_ROWS } from './iptablesRows.ts';

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

describe.each(['nft', 'legacy'] as const)('a restore on fake %s', (variant) => {
  test.each(RESTORE_ROWS)('$name', async ({ input, refused }) => {
    const exec = new FakeIptables();
    exec.load(variant, text(FIRST));
    const before = exec.dump(variant);
    const result = await exec.run([`iptables-${variant}-restore`, '-w', '30', '--noflush'], {
      stdin: text(input),
    });
    expect(result.code).toBe(refused?.[variant] ?? 0);
    if (refused !== undefined && !input.includes('*filter')) expect(exec.dump(variant)).toBe(before);
  });
});

test('the backends and the families do not see each other', () => {
  const exec = new FakeIptables();
  exec.load('nft', text(FIRST));
  expect([exec.dump('nft') === '', exec.dump('nft', true), exec.dump('legacy')]).toEqual([false, '', '']);
});

test('a rule set in which sixteen jumps follow each other is refused', () => {
  const chain = (jumps: number): string => {
    const names = Array.from({ length: jumps }, (_, n) => `C${n}`);
    const lines = names.slice(1).map((name, n) => `-A ${names[n]} -j ${name}`);
    return text([
      '*nat',
      ...names.map((name) => `:${name} - [0:0]`),
      ...lines,
      '-A PREROUTING -j C0',
      'COMMIT',
    ]);
  };
  expect(() => new FakeIptables().load('nft', chain(15))).not.toThrow();
  expect(() => new FakeIptables().load('nft', chain(16))).toThrow('Too many links');
});
