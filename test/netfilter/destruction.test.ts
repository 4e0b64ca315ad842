import { expect, test } from 'vitest';
import { parseDestruction } from '../../src/netfilter/destruction.ts';

test.each([
  ['delete rule ip nat KUBE-SERVICES handle 12', { family: 'IPv4', table: 'nat', chain: 'KUBE-SERVICES' }],
  ['delete rule ip6 filter FORWARD handle 3', { family: 'IPv6', table: 'filter', chain: 'FORWARD' }],
  ['delete rule ip raw FAIRLEAD-DNS handle 3', { family: 'IPv4', table: 'raw', chain: 'FAIRLEAD-DNS' }],
  [
    'delete chain ip nat KUBE-SVC-XPGD46QRK7WJZT7O',
    { family: 'IPv4', table: 'nat', chain: 'KUBE-SVC-XPGD46QRK7WJZT7O' },
  ],
  ['delete table ip6 nat', { family: 'IPv6', table: 'nat', chain: '' }],
  ['delete rule inet firewalld filter_INPUT handle 4', undefined],
  ['delete table ip kube-proxy', undefined],
  ['add rule ip nat KUBE-SERVICES counter', undefined],
  ['# new generation 4 by process 7 (iptables-restor)', undefined],
])('%s', (line, expected) => {
  expect(parseDestruction(line)).toEqual(expected);
});
