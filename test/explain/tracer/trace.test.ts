import { describe, expect, test } from 'vitest';
import type { Machine, Packet } from '../../../src/explain/tracer/packet.ts';
import { parseRuleset } from '../../../src/explain/tracer/ruleset.ts';
import { type Outcome, stepsOf, trace } from '../../../src/explain/tracer/trace.ts';

const MACHINE: Machine = { addresses: ['192.168.0.2', 'fd00::2'] };

function packet(fields: Partial<Packet> = {}): Packet {
  const ends = { source: '203.0.113.2', destination: '10.96.0.1', protocol: 'tcp', port: 80 } as const;
  return { ...ends, entersBy: 'eth0', ...fields };
}

const rules = (...lines: readonly string[]): string => `${lines.join('\n')}\nCOMMIT\n`;

function run(text: string, fields: Partial<Packet> = {}, machine: Machine = MACHINE): readonly string[] {
  return trace(parseRuleset(text), packet(fields), machine).map(show);
}

function show({ probability, verdict, masqueraded }: Outcome): string {
  const where = verdict.kind === 'dnat' ? verdict.to : verdict.kind;
  return `${where}${masqueraded ? ' m' : ''}${probability === 1 ? '' : ` ${probability.toFixed(2)}`}`;
}

/** Whether a rule with these matches holds: it drops. */
const holds = (matches: string, fields: Partial<Packet>, machine?: Machine): boolean =>
  run(rules('*mangle', `-A PREROUTING ${matches} -j DROP`), fields, machine)[0] === 'drop';

describe('matches', () => {
  test.each<readonly [string, Partial<Packet>, boolean]>([
    ['-s 203.0.113.2', {}, true],
    ['-s 203.0.113.0/25', { source: '203.0.113.130' }, false],
    ['! -s 203.0.113.0/25', { source: '203.0.113.130' }, true],
    ['-d fd00:1::/32', { source: 'fd00::9', destination: 'fd00:1::5' }, true],
    ['-d ::1/128', { source: 'fd00::9', destination: 'fd00:1::5' }, false],
    ['-p tcp', {}, true],
    ['! -p tcp', {}, false],
    ['-m udp -p udp --dport 80', {}, false],
    ['-p udp -m udp --dport 80', { protocol: 'udp' }, true],
    ['-m sctp -p sctp --dport 80', { protocol: 'sctp' }, true],
    ['-m tcp -p tcp --dport 80', {}, true],
    ['-m tcp -p tcp --dport 79:80', {}, true],
    ['-m tcp -p tcp --dport 81:90', {}, false],
    ['-p udp -m udp --sport 53', { protocol: 'udp', sourcePort: 53 }, true],
    ['-m comment --comment "-j ACCEPT \\" ! quoted"', {}, true],
    ['-m mark --mark 0x4000/0x4000', {}, false],
    ['-m mark ! --mark 0x00004000/0x00004000', {}, true],
    ['-m addrtype --dst-type LOCAL', {}, false],
    ['-m addrtype --dst-type LOCAL', { destination: '192.168.0.2' }, true],
    ['-m addrtype --dst-type LOCAL', { destination: '127.8.0.1' }, true],
    ['-m addrtype ! --src-type LOCAL', {}, true],
    ['-m conntrack --ctstate NEW', {}, true],
    ['-m conntrack --ctorigdst 10.96.0.1', {}, true],
    ['-m conntrack ! --ctorigdst 10.96.0.0/16', {}, false],
    ['-m nfacct --nfacct-name localhost_nps_accepted_pkts', {}, true],
    ['-m conntrack --ctstate RELATED,ESTABLISHED', {}, false],
    ['-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', {}, true],
    ['-m recent --set --name A --mask 255.255.255.255 --rsource', {}, true],
    ['-m recent --rcheck --seconds 60 --reap --name A --mask 255.255.255.255 --rsource', {}, true],
    ['-m recent --name B --rcheck --seconds 60 --reap', {}, false],
    ['-m set --match-set LEASE dst', {}, true],
    ['-m set ! --match-set LEASE dst', {}, false],
    ['-m set --match-set LEASE src', {}, false],
    ['-m set --match-set PAIRS dst,dst', {}, true],
    ['-m set --match-set PAIRS dst,dst', { port: 81 }, false],
    ['-i eth0', {}, true],
    ['-i eth+', {}, true],
    ['! -i cni+', {}, true],
    ['-i eth', {}, false],
  ])('%s on %j: %s', (matches, fields, expected) => {
    const sets = new Map([
      ['LEASE', new Set(['10.96.0.1'])],
      ['PAIRS', new Set(['10.96.0.1,tcp:80'])],
    ]);
    expect(holds(matches, fields, { ...MACHINE, sets, remembered: new Set(['A']) })).toBe(expected);
  });

  test('chances share what is left', () => {
    const chance = '-m statistic --mode random --probability';
    const text = rules(
      '*nat',
      `-A PREROUTING ${chance} 0.25000000000 -j DNAT --to-destination 10.0.0.1`,
      `-A PREROUTING ${chance} 0.5000000000 -p tcp -j DNAT --to-destination 10.0.0.2:8080`,
      '-A PREROUTING -j ACCEPT',
    );
    expect(run(text)).toEqual(['10.0.0.1:80 0.25', '10.0.0.2:8080 0.38', 'accept 0.38']);
  });
});

describe('targets', () => {
  test.each([
    ['--set-xmark 0x4000/0x4000', 0x4001],
    ['--or-mark 0x00004000', 0x4001],
    ['--set-xmark 0x1/0x0', 0x0],
    ['--xor-mark 0x80000000', 0x80000001],
    ['--set-mark 0x2/0x3', 0x2],
    ['--set-mark 0x7', 0x7],
    ['--and-mark 0xfffffffe', 0x0],
  ])('-j MARK %s', (option, mark) => {
    const text = rules(
      '*mangle',
      '-A PREROUTING -j MARK --set-mark 0x1',
      `-A PREROUTING -j MARK ${option}`,
      `-A PREROUTING -m mark --mark ${mark} -j DROP`,
    );
    expect(run(text)).toEqual(['drop']);
  });

  test('RETURN goes back to behind the jump, and at the top to the policy', () => {
    const text = rules(
      '*filter',
      ':FORWARD DROP [0:0]',
      ':A - [0:0]',
      '-A A -p tcp -j RETURN',
      '-A A -j ACCEPT',
      '-A FORWARD -j A',
      '-A FORWARD -s 203.0.113.0/24 -j RETURN',
      '-A FORWARD -j ACCEPT',
    );
    expect(run(text)).toEqual(['drop']);
    expect(run(text, { source: '10.0.0.1' })).toEqual(['accept']);
    expect(run(text, { protocol: 'udp' })).toEqual(['accept']);
  });

  test('MASQUERADE is told beside where the packet goes', () => {
    const text = rules('*nat', '-A POSTROUTING -j MASQUERADE --random-fully');
    expect(run(text)).toEqual(['accept m']);
  });

  test.each(['-j NOTRACK', '-j CT --notrack'])('%s takes a packet past NAT', (target) => {
    const text =
      rules('*raw', `-A PREROUTING ${target}`) +
      rules('*nat', '-A PREROUTING -j DNAT --to-destination 10.0.0.1') +
      rules('*filter', '-A FORWARD -m conntrack --ctstate UNTRACKED -j REJECT --reject-with tcp-reset');
    expect(run(text)).toEqual(['reject']);
  });
});

describe('the way through the hooks', () => {
  /** A rule in each chain of each table, so that the steps tell the way. */
  const everywhere = ['raw', 'mangle', 'nat', 'filter']
    .map((table) => {
      const all = { raw: ['PREROUTING', 'OUTPUT'], filter: ['INPUT', 'FORWARD', 'OUTPUT'] };
      const nat = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
      const chains = { ...all, nat, mangle: [...nat, 'FORWARD'] }[table] ?? [];
      return rules(`*${table}`, ...chains.map((chain) => `-A ${chain} -p all`));
    })
    .join('');
  const dnat = rules('*nat', '-A PREROUTING -d 10.96.0.1 -p tcp -j DNAT --to-destination 192.168.0.2:80');

  test.each<readonly [string, Partial<Packet>, string]>([
    [
      'passes through',
      { destination: '10.0.0.9' },
      'raw PREROUTING, mangle PREROUTING, nat PREROUTING, mangle FORWARD, filter FORWARD, mangle POSTROUTING, nat POSTROUTING',
    ],
    [
      'enters',
      { destination: '192.168.0.2' },
      'raw PREROUTING, mangle PREROUTING, nat PREROUTING, mangle INPUT, filter INPUT, nat INPUT',
    ],
    [
      'leaves',
      { entersBy: undefined, destination: '10.0.0.9' },
      'raw OUTPUT, mangle OUTPUT, nat OUTPUT, filter OUTPUT, mangle POSTROUTING, nat POSTROUTING',
    ],
    [
      'comes back by lo, and does not meet NAT again',
      { entersBy: undefined, destination: '192.168.0.2' },
      'raw OUTPUT, mangle OUTPUT, nat OUTPUT, filter OUTPUT, mangle POSTROUTING, nat POSTROUTING, raw PREROUTING, mangle PREROUTING, mangle INPUT, filter INPUT',
    ],
  ])('%s', (_, fields, way) => {
    const [outcome] = trace(parseRuleset(everywhere), packet(fields), MACHINE);
    const steps = outcome === undefined ? [] : stepsOf(outcome);
    expect(steps.map(({ table, chain }) => `${table} ${chain}`).join(', ')).toBe(way);
    expect(outcome?.walked).toBe(steps.length);
  });

  test('routing looks at where DNAT sends it', () => {
    const text = dnat + rules('*filter', '-A INPUT -m conntrack --ctstate DNAT -j DROP');
    expect(run(text)).toEqual(['drop']);
  });

  test('interfaces are those of the hook', () => {
    const drop = (hook: string, match: string): string => rules('*mangle', `-A ${hook} ${match} -j DROP`);
    const machine: Machine = {
      ...MACHINE,
      route: (to) => (to.startsWith('10.0.') ? 'cni0' : undefined),
    };
    const there = { destination: '10.0.0.9' };
    expect(run(drop('FORWARD', '-i eth0 -o cni+'), there, machine)).toEqual(['drop']);
    expect(run(drop('OUTPUT', '-i eth0'), { ...there, entersBy: undefined }, machine)).toEqual(['accept']);
    expect(run(drop('INPUT', '-i lo'), { entersBy: undefined, destination: '127.0.0.1' })).toEqual(['drop']);
  });
});

describe('what is not understood', () => {
  test.each([
    ['-m multiport --dports 80,443 -j DROP', '-m multiport --dports 80,443'],
    ['-m socket -j DROP', '-m socket'],
    ['-m conntrack --ctorigdstport 80 -j DROP', '-m conntrack --ctorigdstport 80'],
    ['-m nfacct -m owner --uid-owner 0 -j DROP', '-m owner --uid-owner 0'],
    ['-m addrtype --dst-type UNICAST -j DROP', '-m addrtype --dst-type UNICAST'],
    ['-m statistic --mode nth --every 2 --packet 0 -j DROP', '-m statistic --mode nth --every 2 --packet 0'],
    ['-m recent --name A --update -j DROP', '-m recent --update'],
    ['-p tcp --dport http -j DROP', '--dport http'],
    ['-s nowhere -j DROP', '-s nowhere'],
    ['-g OTHER', '-g OTHER'],
    ['-j SNAT --to-source 10.0.0.1', '-j SNAT --to-source 10.0.0.1'],
    ['-j DNAT --to-destination 10.0.0.1-10.0.0.9', '-j DNAT --to-destination 10.0.0.1-10.0.0.9'],
    ['-j MARK --restore-mark', '-j MARK --restore-mark'],
    ['-j LOG', '-j LOG'],
    ['-m set --match-set GONE dst -j DROP', 'what set GONE holds'],
  ])('%s', (rule, named) => {
    const text = rules('*mangle', `-A PREROUTING ${rule}`);
    expect(() => run(text)).toThrow(named);
    expect(() => run(text)).toThrow(`in table mangle, chain PREROUTING: ${rule}`);
  });

  test('does not matter where the rule does not hold anyway', () => {
    expect(run(rules('*mangle', '-A PREROUTING -m multiport --dports 1,2 -p udp -j DROP'))).toEqual([
      'accept',
    ]);
    expect(run(rules('*mangle', '-A PREROUTING -p udp -j LOG'))).toEqual(['accept']);
  });

  test('an unknown output interface is told', () => {
    expect(() => run(rules('*filter', '-A FORWARD -o eth1 -j DROP'))).toThrow(
      'not known by which interface it leaves, in table filter, chain FORWARD: -o eth1 -j DROP',
    );
    expect(run(rules('*filter', '-A FORWARD -o eth1 -s 10.0.0.1 -j DROP'))).toEqual(['accept']);
    expect(run(rules('*filter', '-A FORWARD ! -o lo -j DROP'))).toEqual(['drop']);
  });

  test('jumps in a circle end', () => {
    const text = rules('*mangle', '-A A -j B', '-A B -j A', '-A PREROUTING -j A');
    expect(() => run(text)).toThrow('jumps without end');
  });

  test.each(['-A FORWARD -j DROP', '*filter\n-D FORWARD -j DROP', '*filter\nhello'])(
    '%j is no rule set',
    (text) => {
      expect(() => parseRuleset(text)).toThrow(/^line \d is no part of a rule set: /);
    },
  );
});
