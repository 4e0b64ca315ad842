import { expect, test } from 'vitest';
import { byClusterIP } from '../../../../src/proxy/iptables/family/order.ts';
import { loadedCatalog, service } from '../../cluster.ts';

const { picture } = loadedCatalog([
  service('a/ten', ['10.96.0.10', 'fd00:96::2']),
  service('a/two', ['10.96.0.2', 'fd00:96::10']),
  service('b/far', ['10.112.0.1', 'fd00:96:0:1::']),
  service('b/headless', ['None']),
  service('c/four-only', ['10.9.0.1']),
]);
const ALL = new Map([...picture.services, ['d/gone', undefined] as const]);

test.each([
  ['IPv4', ['b/headless', 'd/gone', 'c/four-only', 'a/two', 'a/ten', 'b/far']],
  ['IPv6', ['b/headless', 'c/four-only', 'd/gone', 'a/ten', 'a/two', 'b/far']],
] as const)('Services are written in the order of their %s clusterIPs, as numbers', (family, keys) => {
  const ordered = byClusterIP(ALL, family);
  expect([...ordered.keys()]).toEqual(keys);
  expect(ordered.get('a/ten')).toBe(picture.services.get('a/ten'));
});
