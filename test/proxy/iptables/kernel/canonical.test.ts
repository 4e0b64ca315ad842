import { describe, expect, test } from 'vitest';
import { canonicalRule } from '../../../../src/proxy/iptables/kernel/canonical.ts';

/** What we write, and what iptables 1.8.9 prints of it. */
const SAME: readonly (readonly [written: string, printed: string])[] = [
  [
    '-m comment --comment "shop/web:http cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 80 -j KUBE-SVC-A',
    '-d 10.96.0.1/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-A',
  ],
  [
    '-m comment --comment a/b:c -s fd00::1 -j KUBE-MARK-MASQ',
    '-s fd00::1/128 -m comment --comment "a/b:c" -j KUBE-MARK-MASQ',
  ],
  ['-s 0.0.0.0/0 -j KUBE-EXT-A', '-j KUBE-EXT-A'],
  ['-s ::/0 -j KUBE-EXT-A', '-j KUBE-EXT-A'],
  ['-j MARK --or-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x4000'],
  ['-j MARK --xor-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x0'],
  ['-m mark ! --mark 0x00004000/0x00004000 -j RETURN', '-m mark ! --mark 0x4000/0x4000 -j RETURN'],
  [
    '-m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-A',
    '-m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-A',
  ],
  [
    '-m recent --name KUBE-SEP-A --rcheck --seconds 10800 --reap -j KUBE-SEP-A',
    '-m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A',
  ],
  [
    '-m recent --name KUBE-SEP-A --set -m tcp -p tcp -j DNAT --to-destination [fd00::1]:80',
    '-p tcp -m recent --set --name KUBE-SEP-A --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -m tcp -j DNAT --to-destination [fd00::1]:80',
  ],
  ['-m tcp -p tcp -j DNAT --to-destination 10.0.0.1:80', '-p tcp -j DNAT --to-destination 10.0.0.1:80'],
  [
    '-p tcp -m tcp --dport 80 -j REJECT',
    '-p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
  ],
  [
    '-m comment --comment "block" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment block -m conntrack ! --ctstate DNAT,RELATED,ESTABLISHED -j DROP',
  ],
  [
    String.raw`-m comment --comment "it's \"so\"" -j ACCEPT`,
    String.raw`-m comment --comment "it\'s \"so\"" -j ACCEPT`,
  ],
  [
    '-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS',
    '! -d ::1/128 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
  ],
];

test.each(SAME)('%s is %s', (written, printed) => {
  expect(canonicalRule(written)).toBe(canonicalRule(printed));
});

const DIFFERENT: readonly (readonly [string, string])[] = [
  ['-s 10.0.0.0/8 -j A', '! -s 10.0.0.0/8 -j A'],
  ['-s 10.0.0.0/8 -j A', '-d 10.0.0.0/8 -j A'],
  ['-d 10.0.0.1 -j A', '-d 10.0.0.1/31 -j A'],
  ['-j A', '-j B'],
  ['-p tcp -m tcp --dport 80 -j A', '-p udp -m udp --dport 80 -j A'],
  ['-p tcp -m tcp --dport 80 -j A', '-p tcp -m tcp --dport 81 -j A'],
  ['-m comment --comment "a b" -j A', '-m comment --comment "a  b" -j A'],
  [
    '-m statistic --mode random --probability 0.5000000000 -j A',
    '-m statistic --mode random --probability 0.3333333333 -j A',
  ],
  [
    '-m recent --name A --rcheck --seconds 60 --reap -j A',
    '-m recent --name A --rcheck --seconds 61 --reap -j A',
  ],
  ['-m recent --name A --set', '-m recent --name A --set --mask 255.255.255.0 --rsource'],
  ['-j REJECT', '-j REJECT --reject-with tcp-reset'],
  ['-m mark --mark 0x4000/0x4000 -j A', '-m mark ! --mark 0x4000/0x4000 -j A'],
  ['-j MARK --or-mark 0x4000', '-j MARK --xor-mark 0x4000'],
  ['-m conntrack --ctstate NEW -j A', '-m conntrack ! --ctstate NEW -j A'],
  ['-j MASQUERADE', '-j MASQUERADE --random-fully'],
  ['-m comment --comment "-j A"', '-j A'],
];

test.each(DIFFERENT)('%s is not %s', (one, other) => {
  expect(canonicalRule(one)).not.toBe(canonicalRule(other));
});

describe('what it does not know', () => {
  test('is compared as it is', () => {
    const rule = '-m set --match-set allowed src -j ACCEPT';
    expect(canonicalRule(rule)).toBe(canonicalRule(rule));
    expect(canonicalRule(rule)).not.toBe(canonicalRule('-m set ! --match-set allowed src -j ACCEPT'));
  });
});
