/** The fake iptables beside the real one: each takes and refuses the same, and prints the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Netns } from '../../src/playground/network/netns.ts';
import { inNetns } from '../../src/playground/network/netns.ts';
import { systemExec } from '../../src/host/exec.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FIRST, RESTORE_ROWS } from '../fake/iptablesRows.ts';
import { TestNet } from '../support/net.ts';

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

describe.each(['nft', 'legacy'] as const)('a restore on real %s', (variant) => {
  const net = new TestNet();
  let netns: Netns;
  beforeAll(async () => {
    netns = await net.namespace(`fake-${variant}`);
  });
  afterAll(() => net[Symbol.asyncDispose]());

  const real = (program: string, stdin = '', ...args: string[]) =>
    systemExec.run(inNetns(netns.name, [`iptables-${variant}${program}`, ...args]), { stdin });

  test.each(RESTORE_ROWS)('$name', async ({ input, refused }) => {
    // Without --noflush, what the row before has left goes.
    for (const table of ['filter', 'nat']) {
      await real('', '', '-t', table, '-F');
      await real('', '', '-t', table, '-X');
    }
    await real('-restore', text(FIRST), '--noflush');
    const result = await real('-restore', text(input), '-w', '30', '--noflush');
    expect(result.code, result.stderr).toBe(refused?.[variant] ?? 0);

    const fake = new FakeIptables();
    fake.load(variant, text(FIRST));
    await fake.run([`iptables-${variant}-restore`, '--noflush'], { stdin: text(input) });
    expect(lines(fake.dump(variant))).toEqual(lines((await real('-save')).stdout));
  });
});

/** Sorted, without comments, counters and the kernel's own chains: the fake has a table only once it is used. */
function lines(dump: string): readonly string[] {
  return dump
    .replaceAll(/^(#.*|\*.*|COMMIT)$/gm, '')
    .replaceAll(/\[\d+:\d+\]/g, '')
    .split('\n')
    .filter((line) => line !== '' && !/^:.* ACCEPT /.test(line))
    .sort();
}
