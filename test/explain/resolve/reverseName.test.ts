import { expect, test } from 'vitest';
import { reverseName } from '../../../src/explain/resolve/reverseName.ts';

test.each([
  ['10.96.0.10', '10.0.96.10.in-addr.arpa'],
  ['2001:db8::a', `a.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`],
  ['web.shop', undefined],
])('the name of %s is %s', (text, name) => {
  expect(reverseName(text)).toBe(name);
});
