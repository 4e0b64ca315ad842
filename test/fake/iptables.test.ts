import { describe, expect, test } from 'vitest';
import { FakeIptables } from './iptables.ts';
import { FIRST, RESTORE_ROWS } from './iptablesRows.ts';
import { send } from './iptablesPacket.ts';

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

describe('a packet', () => {
  const exec = new FakeIptables();
  exec.load(
    'nft',
    text([
      '*nat',
      ':S - [0:0]',
      ':E - [0:0]',
      ':M - [0:0]',
      '-A M -j MARK --or-mark 0x4000',
      '-A S -d 10.96.0.1 -m tcp -p tcp --dport 80 ! -s 10.0.0.0/8 -j M',
      '-A S -d 10.96.0.1 -m tcp -p tcp --dport 80 -m statistic --mode random --probability 0.5000000000 -j E',
      '-A S -d 10.96.0.1 -m tcp -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080',
      '-A E -m tcp -p tcp -j DNAT --to-destination 10.0.0.1:8080',
      '-A PREROUTING -j S',
      'COMMIT',
      '*filter',
      '-A FORWARD -d 10.96.0.2 -j REJECT',
      '-A INPUT -m udp -p udp --dport 9 -j DROP',
      'COMMIT',
    ]),
  );
  const local = ['192.168.0.2'];

  test.each([
    ['10.0.0.9', '10.96.0.1', 80, ['10.0.0.1:8080', '10.0.0.2:8080'], undefined],
    ['203.0.113.2', '10.96.0.1', 80, ['10.0.0.1:8080 m', '10.0.0.2:8080 m'], undefined],
    ['203.0.113.2', '10.96.0.1', 81, [], undefined],
    ['203.0.113.2', '10.96.0.2', 80, [], 'REJECT'],
    ['192.168.0.2', '10.96.0.1', 80, [], undefined],
  ] as const)('from %s to %s:%i', (from, to, port, endpoints, refused) => {
    expect(send(exec.tables('nft'), { from, to, port, local })).toMatchObject({ endpoints, refused });
  });

  test('to the machine itself passes INPUT', () => {
    const packet = { from: '203.0.113.2', to: '192.168.0.2', port: 9, protocol: 'udp', local } as const;
    expect(send(exec.tables('nft'), packet).refused).toBe('DROP');
  });
});
