import { describe, expect, test } from 'vitest';
import {
  comment,
  jump,
  type Match,
  type Rule,
  type Target,
} from '../../../../src/proxy/iptables/rules/rule.ts';
import { probability, ruleText } from '../../../../src/proxy/iptables/rules/text.ts';

const matches: Readonly<Record<Match['kind'], readonly (readonly [Match, string])[]>> = {
  comment: [
    [comment('ns/svc:http'), '-m comment --comment ns/svc:http'],
    [comment('two words'), '-m comment --comment "two words"'],
    [comment(String.raw`say "a\b"`), String.raw`-m comment --comment "say \"a\\b\""`],
    [comment(''), '-m comment --comment ""'],
  ],
  protocol: [
    [{ kind: 'protocol', protocol: 'TCP' }, '-m tcp -p tcp'],
    [{ kind: 'protocol', protocol: 'SCTP' }, '-m sctp -p sctp'],
  ],
  source: [
    [{ kind: 'source', prefix: '10.0.0.0/8' }, '-s 10.0.0.0/8'],
    [{ kind: 'source', prefix: 'fd00::/8', not: true }, '! -s fd00::/8'],
  ],
  destination: [[{ kind: 'destination', prefix: '10.96.0.1' }, '-d 10.96.0.1']],
  inInterface: [
    [{ kind: 'inInterface', name: 'cni0' }, '-i cni0'],
    [{ kind: 'inInterface', name: 'veth+', not: true }, '! -i veth+'],
  ],
  port: [
    [{ kind: 'port', first: 80, last: 80 }, '--dport 80'],
    [{ kind: 'port', first: 8, last: 15 }, '--dport 8:15'],
  ],
  local: [
    [{ kind: 'local', side: 'src' }, '-m addrtype --src-type LOCAL'],
    [{ kind: 'local', side: 'dst' }, '-m addrtype --dst-type LOCAL'],
  ],
  mark: [
    [{ kind: 'mark', mark: 0x4000 }, '-m mark --mark 0x00004000/0x00004000'],
    [{ kind: 'mark', mark: 2 ** 31, not: true }, '-m mark ! --mark 0x80000000/0x80000000'],
  ],
  state: [
    [{ kind: 'state', states: ['NEW'] }, '-m conntrack --ctstate NEW'],
    [
      { kind: 'state', states: ['RELATED', 'ESTABLISHED'], not: true },
      '-m conntrack ! --ctstate RELATED,ESTABLISHED',
    ],
  ],
  chance: [[{ kind: 'chance', among: 3 }, '-m statistic --mode random --probability 0.3333333333']],
  remembered: [
    [
      { kind: 'remembered', list: 'KUBE-SEP-A', seconds: 60 },
      '-m recent --name KUBE-SEP-A --rcheck --seconds 60 --reap',
    ],
  ],
  remember: [[{ kind: 'remember', list: 'KUBE-SEP-A' }, '-m recent --name KUBE-SEP-A --set']],
};

const targets: Readonly<Record<Target['kind'], readonly [Target, string]>> = {
  jump: [jump('KUBE-SVC-A'), '-j KUBE-SVC-A'],
  accept: [{ kind: 'accept' }, '-j ACCEPT'],
  drop: [{ kind: 'drop' }, '-j DROP'],
  reject: [{ kind: 'reject' }, '-j REJECT'],
  return: [{ kind: 'return' }, '-j RETURN'],
  setMark: [{ kind: 'setMark', mark: 0x4000 }, '-j MARK --or-mark 0x00004000'],
  flipMark: [{ kind: 'flipMark', mark: 0x4000 }, '-j MARK --xor-mark 0x00004000'],
  masquerade: [{ kind: 'masquerade', randomFully: true }, '-j MASQUERADE --random-fully'],
  dnat: [{ kind: 'dnat', to: '[fd00::1]:80' }, '-j DNAT --to-destination [fd00::1]:80'],
};

// Records by kind: a new kind without a row here does not compile.
test.each(Object.values(matches).flat())('match %j', (match, text) => {
  expect(ruleText({ matches: [match] })).toBe(text);
});

test.each(Object.values(targets))('target %j', (target, text) => {
  expect(ruleText({ matches: [], target })).toBe(text);
});

test('a rule is its matches in order, then its target', () => {
  const rule: Rule = {
    matches: [comment('a b'), { kind: 'protocol', protocol: 'UDP' }],
    target: { kind: 'drop' },
  };
  expect(ruleText(rule)).toBe('-m comment --comment "a b" -m udp -p udp -j DROP');
});

describe('the share of one among several', () => {
  test.each([
    [1, '1.0000000000'],
    [2, '0.5000000000'],
    [100_001, '0.0000099999'],
  ])('1 of %i is %s', (among, text) => {
    expect(probability(among)).toBe(text);
  });

  test('never grows with their number', () => {
    let last = 2;
    for (let among = 1; among <= 100_000; among++) {
      const share = Number(probability(among));
      if (share > last || (among <= 1000 && share === last))
        expect.fail(`1 of ${among} is ${share}, after ${last}`);
      last = share;
    }
  });
});
