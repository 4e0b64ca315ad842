import { expect, test } from 'vitest';
import { formatSocketAddress, parseSocketAddress } from '../../src/net/socketAddress.ts';

test.each([
  ['1.2.3.4:53', { address: '1.2.3.4', port: 53 }],
  ['[2001:DB8::0:1]:5353', { address: '2001:db8::1', port: 5353 }],
  ['1.2.3.4', { address: '1.2.3.4', port: 99 }],
  ['[::1]', { address: '::1', port: 99 }],
  ['::1', { address: '::1', port: 99 }],
  ['1.2.3.4:65536', undefined],
  ['1.2.3.4:', undefined],
  ['name:53', undefined],
  ['', undefined],
])('%j is read as %j, where the default port is 99', (text, expected) => {
  expect(parseSocketAddress(text, 99)).toEqual(expected);
});

test.each(['1.2.3.4', '[::1]', '::1'])('%s names no port, and there is no default one', (text) => {
  expect(parseSocketAddress(text)).toBeUndefined();
});

test.each([
  [{ address: '1.2.3.4', port: 53 }, '1.2.3.4:53'],
  [{ address: '2001:db8::1', port: 53 }, '[2001:db8::1]:53'],
])('%j is written as %s, which reads the same', (place, text) => {
  expect(formatSocketAddress(place)).toBe(text);
  expect(parseSocketAddress(text)).toEqual(place);
});
