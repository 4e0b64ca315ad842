import { expect, test } from 'vitest';
import type { Holding } from '../../../src/netfilter/holding.ts';
import { holdingOf } from '../../../src/proxy/iptables/holding.ts';
import { toolsOf } from '../../../src/proxy/iptables/kernel/tools.ts';

const NFT = toolsOf({ variant: 'nft', suffix: '-nft', version: 'iptables v1.8.9' }, 'IPv4');

const holding: Holding = holdingOf([NFT], () => undefined);

test.each([
  ['nat', 'KUBE-SERVICES', 'ours'],
  ['nat', 'KUBE-SVC-XPGD46QRK7WJZT7O', 'ours'],
  ['filter', 'FORWARD', 'shared'],
  ['nat', '', 'shared'],
  ['nat', 'KUBE-KUBELET-CANARY', "others'"],
  ['nat', 'CNI-HOSTPORT-DNAT', "others'"],
  ['mangle', 'PREROUTING', "others'"],
  ['mangle', 'KUBE-SERVICES', "others'"],
  ['raw', '', "others'"],
])('%s %s is %s', (table, chain, whose) => {
  expect([holding.has(table, chain), holding.owns(table, chain)]).toEqual([
    whose !== "others'",
    whose === 'ours',
  ]);
});

test.each([
  ['-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', true],
  ['-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000', true],
  ['-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -j KUBE-SVC-NPX46M4PTMTKRN6Y', false],
  ['-A POSTROUTING -j FAIRLEAD-DNS', false],
])('that stay the same: %s: %s', (line, expected) => {
  expect(holding.lasting.lines.test(line)).toBe(expected);
});
