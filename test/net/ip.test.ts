import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, parseCidr } from '../../src/net/cidr.ts';
import { bytesOf, canonicalIP, familyOf, formatIP } from '../../src/net/ip.ts';

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['172.30.0.041', '172.30.0.41'],
  ['010.001.000.1', '10.1.0.1'],
  ['FD00:0:0::0001', 'fd00::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['::', '::'],
  ['1::', '1::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1.2.3.4', '::102:304'],
  ['256.0.0.1', undefined],
  ['10.0.0', undefined],
  ['0x7f.0.0.1', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
  ['None', undefined],
])('canonicalIP(%j) is %j', (text, expected) => {
  expect(canonicalIP(text)).toBe(expected);
});

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['203.0.113.000/025', '203.0.113.0/25'],
  [' 203.0.113.0/25', '203.0.113.0/25'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['fd00:1::5/64', 'fd00:1::/64'],
  ['10.1.2.3/32', '10.1.2.3/32'],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0', undefined],
  ['10.0.0.0/', undefined],
  ['fd00::5/128', 'fd00::5/128'],
  ['::/129', undefined],
])('parseCidr(%j) is %j', (text, expected) => {
  expect(parseCidr(text)?.text).toBe(expected);
});

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/9', '10.128.0.0', false],
  ['0.0.0.0/0', '1.2.3.4', true],
  ['0.0.0.0/0', '::1', false],
  ['fd00::/65', 'fd00::8000:0:0:1', false],
  ['fd00::/65', 'fd00::7fff:0:0:1', true],
])('%s contains %s: %s', (cidr, address, expected) => {
  const parsed = parseCidr(cidr);
  expect(parsed && contains(parsed, address)).toBe(expected);
});

test('text to bytes to text is the identity on canonical addresses', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const canonical = canonicalIP(text) ?? '';
      expect(formatIP(bytesOf(canonical))).toBe(canonical);
      expect(bytesOf(canonical).length).toBe(familyOf(canonical) === 'IPv4' ? 4 : 16);
    }),
  );
});
