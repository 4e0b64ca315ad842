import { expect, test } from 'vitest';
import { endpointLabel } from '../../../src/dns/zone/names/endpoints.ts';
import { addressOfLabel } from '../../../src/dns/zone/names/pod.ts';
import { addressOfReverse } from '../../../src/dns/zone/names/reverse.ts';

test.each([
  ['10.0.0.1', '', '10-0-0-1'],
  ['10.0.0.1', 'web-0', 'web-0'],
  ['10.0.0.1', 'Web-0', 'web-0'],
  ['5678:abcd::1', '', '5678-abcd--1'],
  ['2001:db8::', '', '2001-db8--0'],
  ['::1', '', '--1'],
])('K48 the endpoint %s with the hostname %j is %s', (address, hostname, label) => {
  expect(endpointLabel({ address, hostname })).toBe(label);
});

test.each([
  ['255-255-255-255', '255.255.255.255'],
  ['256-1-0-7', undefined],
  ['010-1-0-7', undefined],
  ['10-1-0', undefined],
  ['10-1-0-7-9', undefined],
  ['10--1-0', '10::1:0'],
  ['5678-abcd--1', '5678:abcd::1'],
  ['--1', '::1'],
  ['--', '::'],
  ['--ffff-102-304', '1.2.3.4'],
  ['2001-db8-0-1-1-1-1-1', '2001:db8:0:1:1:1:1:1'],
  ['web', undefined],
])('the pod label %s spells %s', (label, address) => {
  expect(addressOfLabel(label)).toBe(address);
});

test.each([
  ['IPv4', '7.0.1.10', '10.1.0.7'],
  ['IPv4', '0.1.10', undefined],
  ['IPv4', '256.0.1.10', undefined],
  ['IPv4', '07.0.1.10', undefined],
  ['IPv4', '7.0.1.10.1', undefined],
  ['IPv4', '-7.0.1.10', undefined],
  ['IPv6', `1.${'0.'.repeat(30)}1`, '1000::1'],
  ['IPv6', `1.${'0.'.repeat(29)}1`, undefined],
  ['IPv6', `g.${'0.'.repeat(30)}1`, undefined],
  ['IPv6', `10.${'0.'.repeat(30)}1`, undefined],
  ['IPv6', `7.0.0.0.0.0.a.0.f.f.f.f.${'0.'.repeat(19)}0`, undefined],
] as const)('%s: the reverse labels %s spell %s', (family, labels, address) => {
  expect(addressOfReverse(labels.split('.'), family)).toBe(address);
});
