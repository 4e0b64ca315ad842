import { beforeEach, describe, expect, test } from 'vitest';
import type { Holding } from '../../../src/netfilter/holding.ts';
import { OwnWrites } from '../../../src/proxy/iptables/family/ownWrites.ts';
import { holdingOf } from '../../../src/proxy/iptables/holding.ts';
import { toolsOf } from '../../../src/proxy/iptables/kernel/tools.ts';
import { FakeClock } from '../../fake/clock.ts';

const NFT = toolsOf({ variant: 'nft', suffix: '-nft', version: 'iptables v1.8.9' }, 'IPv4');

let clock: FakeClock;
let own: OwnWrites;
let holding: Holding;

beforeEach(() => {
  clock = new FakeClock();
  own = new OwnWrites(clock);
  holding = holdingOf([NFT], own, () => undefined);
});

test.each([
  ['nat', 'KUBE-SERVICES', true],
  ['filter', 'FORWARD', true],
  ['nat', 'KUBE-SVC-XPGD46QRK7WJZT7O', true],
  ['nat', '', true],
  ['nat', 'CNI-HOSTPORT-DNAT', false],
  ['mangle', 'PREROUTING', false],
  ['raw', '', false],
])('rules in %s %s: %s', (table, chain, expected) => {
  expect(holding.has(table, chain)).toBe(expected);
});

describe('rules that went by our own hand', () => {
  const removed = (chain: string): boolean => holding.removed('IPv4', 'nat', chain);

  test('are those of chains that we write, while we write and a moment after', async () => {
    own.begin();
    own.add('IPv4', 'nat', 'KUBE-SERVICES');
    expect([removed('KUBE-SERVICES'), removed('KUBE-NODEPORTS')]).toEqual([true, false]);
    own.end();
    expect(removed('KUBE-SERVICES')).toBe(true);
    await clock.advance(1000);
    expect(removed('KUBE-SERVICES')).toBe(false);
  });
});

test.each([
  ['-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', true],
  ['-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000', true],
  ['-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -j KUBE-SVC-NPX46M4PTMTKRN6Y', false],
  ['-A POSTROUTING -j FAIRLEAD-DNS', false],
])('that stay the same: %s: %s', (line, expected) => {
  expect(holding.lasting.lines.test(line)).toBe(expected);
});
