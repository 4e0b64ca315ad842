/** Rules that depend on the node and its settings alone. */
import { describe, expect, test } from 'vitest';
import { nodePortTail } from '../../../../src/proxy/iptables/rules/nodePortTail.ts';
import { ALL_CAPABILITIES, ruleOptions } from '../../../../src/proxy/iptables/rules/options.ts';
import { MARTIAN_RULE, staticChains } from '../../../../src/proxy/iptables/rules/static.ts';
import type { Match } from '../../../../src/proxy/iptables/rules/rule.ts';
import { ruleText } from '../../../../src/proxy/iptables/rules/text.ts';
import { nodePortAddresses } from '../../../../src/proxy/nodePorts.ts';
import type { DetectLocal, ProxySettings } from '../../../../src/proxy/settings.ts';
import { cidr, proxySettings } from '../../cluster.ts';

const options = (fields: Partial<ProxySettings> = {}, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ruleOptions(proxySettings(fields), family, ALL_CAPABILITIES, true);

const textOf = (match: Match | undefined): string =>
  match === undefined ? '' : ruleText({ matches: [match] });

const chainText = (name: string, with_: ReturnType<typeof options>): string[] | undefined =>
  staticChains(with_)
    .find((chain) => chain.name === name)
    ?.rules.map(ruleText);

describe('chains without a Service', () => {
  const masquerade = '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE';

  test.each([
    [
      {},
      [
        '-m mark ! --mark 0x00004000/0x00004000 -j RETURN',
        '-j MARK --xor-mark 0x00004000',
        `${masquerade} --random-fully`,
      ],
    ],
    [
      { randomFully: false },
      ['-m mark ! --mark 0x00004000/0x00004000 -j RETURN', '-j MARK --xor-mark 0x00004000', masquerade],
    ],
  ])('KUBE-POSTROUTING with %j', (capabilities, expected) => {
    expect(chainText('KUBE-POSTROUTING', { ...options(), ...capabilities })).toEqual(expected);
  });

  test.each([
    [14, '0x00004000'],
    [0, '0x00000001'],
    [31, '0x80000000'],
  ])('KUBE-MARK-MASQ sets bit %i', (masqueradeBit, mark) => {
    expect(chainText('KUBE-MARK-MASQ', options({ masqueradeBit }))).toEqual([`-j MARK --or-mark ${mark}`]);
  });

  test.each([
    [true, '-m conntrack --ctstate INVALID -j DROP'],
    [false, undefined],
  ])('KUBE-FORWARD drops INVALID packets: %s', (dropInvalid, first) => {
    const accepts = [
      '-m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT',
      '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ];
    const expected = first === undefined ? accepts : [first, ...accepts];
    expect(chainText('KUBE-FORWARD', { ...options(), dropInvalid })).toEqual(expected);
  });

  test('the rule of KUBE-FIREWALL', () => {
    expect(ruleText(MARTIAN_RULE)).toBe(
      '-m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    );
  });
});

describe('pod traffic', () => {
  test.each([
    [['10.0.0.0/8', 'fd00:10::/32'], 'IPv4', '10.0.0.0/8'],
    [['10.0.0.0/8', 'fd00:10::/32'], 'IPv6', 'fd00:10::/32'],
    [['10.0.0.0/8'], 'IPv6', undefined],
    [[], 'IPv4', undefined],
  ] as const)('of %j in %s is from %s', (cidrs, family, prefix) => {
    const { localTraffic } = options({ clusterCidrs: cidrs.map(cidr) }, family);
    expect(localTraffic?.is).toEqual(prefix === undefined ? undefined : { kind: 'source', prefix });
  });
});

test.each<readonly [DetectLocal, 'IPv4' | 'IPv6', podCIDRs: readonly string[], is: string, isNot: string]>([
  [{ mode: 'NodeCIDR' }, 'IPv4', ['10.1.2.0/24', 'fd00:1::/64'], '-s 10.1.2.0/24', '! -s 10.1.2.0/24'],
  [{ mode: 'NodeCIDR' }, 'IPv6', ['10.1.2.0/24', 'fd00:1::/64'], '-s fd00:1::/64', '! -s fd00:1::/64'],
  [{ mode: 'BridgeInterface', bridge: 'cni0' }, 'IPv4', [], '-i cni0', '! -i cni0'],
  [{ mode: 'BridgeInterface', bridge: 'cni0' }, 'IPv6', [], '-i cni0', '! -i cni0'],
  [{ mode: 'InterfaceNamePrefix', prefix: 'veth' }, 'IPv4', [], '-i veth+', '! -i veth+'],
] as const)('pod traffic under %j in %s', (detectLocal, family, podCIDRs, is, isNot) => {
  const { localTraffic } = ruleOptions(
    proxySettings({ detectLocal }),
    family,
    ALL_CAPABILITIES,
    true,
    podCIDRs,
  );
  expect([localTraffic?.is, localTraffic?.isNot].map(textOf)).toEqual([is, isNot]);
});

test('without a range of the family, nothing depends on where traffic is from', () => {
  const settings = proxySettings({ detectLocal: { mode: 'NodeCIDR' } });
  expect(ruleOptions(settings, 'IPv6', ALL_CAPABILITIES, true, ['10.1.2.0/24']).localTraffic).toBeUndefined();
});

describe('the end of KUBE-SERVICES', () => {
  const LOCAL = ['127.0.0.1', '192.168.0.2', '192.168.1.2', '10.0.0.1', '::1', 'fd00:192::2'];
  const NOTE =
    '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  const V4 = ['192.168.0.0/24', '127.0.0.1/32'];

  test.each<readonly [string, 'IPv4' | 'IPv6', boolean, readonly string[], readonly string[]]>([
    ['all, localhost too', 'IPv4', true, [], ['-m addrtype --dst-type LOCAL']],
    ['all but localhost', 'IPv4', false, [], ['-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8']],
    ['never localhost in IPv6', 'IPv6', true, [], ['-m addrtype --dst-type LOCAL ! -d ::1/128']],
    ['some', 'IPv4', true, V4, ['-d 127.0.0.1', '-d 192.168.0.2']],
    ['some, without localhost', 'IPv4', false, V4, ['-d 192.168.0.2']],
    ['none that is here', 'IPv4', true, ['172.16.0.0/12'], []],
    [
      'IPv6 is free when only IPv4 is restricted',
      'IPv6',
      true,
      V4,
      ['-m addrtype --dst-type LOCAL ! -d ::1/128'],
    ],
    ['IPv6 restricted', 'IPv6', true, ['fd00:192::/64', '::1/128'], ['-d fd00:192::2']],
    [
      'a zero prefix frees all',
      'IPv4',
      true,
      ['192.168.0.0/24', '0.0.0.0/0'],
      ['-m addrtype --dst-type LOCAL'],
    ],
    ['ranges without loopback switch localhost off', 'IPv4', true, ['192.168.1.0/24'], ['-d 192.168.1.2']],
  ])('%s', (_, family, localhostNodePorts, ranges, expected) => {
    const settings = { localhostNodePorts, nodePortAddresses: ranges.map(cidr) };
    const with_ = options(settings, family);
    const addresses = nodePortAddresses(settings.nodePortAddresses, family, LOCAL, with_.localhostNodePorts);
    expect(nodePortTail(addresses, with_).map(ruleText)).toEqual(
      expected.map((match) => `${NOTE} ${match} -j KUBE-NODEPORTS`),
    );
  });

  test.each<readonly [string, 'IPv4' | 'IPv6', own: readonly string[], expected: readonly string[]]>([
    ['the first address', 'IPv4', ['192.168.1.2', 'fd00:192::2', '10.0.0.1'], ['-d 192.168.1.2']],
    ['the first of the other family', 'IPv6', ['192.168.1.2', 'fd00:192::2'], ['-d fd00:192::2']],
    ['nothing, where it is on no interface', 'IPv4', ['192.168.9.9'], []],
    [
      'nothing to go by on loopback',
      'IPv4',
      ['127.0.0.1'],
      ['-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8'],
    ],
    ['a family without one is free', 'IPv6', ['192.168.1.2'], ['-m addrtype --dst-type LOCAL ! -d ::1/128']],
  ])('primary is %s', (_, family, own, expected) => {
    const with_ = options({ nodePortAddresses: 'primary' }, family);
    expect(with_.localhostNodePorts).toBe(false);
    const addresses = nodePortAddresses('primary', family, LOCAL, with_.localhostNodePorts, own);
    expect(nodePortTail(addresses, with_).map(ruleText)).toEqual(
      expected.map((match) => `${NOTE} ${match} -j KUBE-NODEPORTS`),
    );
  });
});
