import { expect, test } from 'vitest';
import { listenPlaces } from '../../../src/agent/names/listenPlaces.ts';

const LOCAL = ['127.0.0.1', '192.0.2.1', '10.96.0.10', '::1', '2001:db8::1', 'fe80::1'];

test.each([
  ['one address', ['192.0.2.9'], ['192.0.2.9']],
  ['every IPv4 address but those answered otherwise', ['0.0.0.0'], ['127.0.0.1', '192.0.2.1']],
  ['every IPv6 address that stands for itself', ['::'], ['::1', '2001:db8::1']],
  ['both', ['0.0.0.0', '::'], ['127.0.0.1', '192.0.2.1', '::1', '2001:db8::1']],
])('%s', (_, listen, found) => {
  const places = listen.map((address) => ({ address, port: 10_053 }));
  const expected = found.map((address) => ({ address, port: 10_053 }));
  expect(listenPlaces(places, LOCAL, ['10.96.0.10'])).toEqual(expected);
});
