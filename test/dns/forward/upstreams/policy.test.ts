import { expect, test } from 'vitest';
import { orderUpstreams } from '../../../../src/dns/forward/upstreams/policy.ts';
import { Upstream } from '../../../../src/dns/forward/upstreams/upstream.ts';
import type { ForwardPolicy } from '../../../../src/dns/settings.ts';

function upstreams(spec: string): Upstream[] {
  return spec.split(' ').map((word, i) => {
    const upstream = new Upstream({ address: `10.0.0.${i + 1}`, port: 53 });
    upstream.looping = word === 'loop';
    for (let failures = word === 'down' ? 2 : 0; failures > 0; failures--) {
      upstream.begin();
      upstream.failed();
    }
    return upstream;
  });
}

test.each<[ForwardPolicy, string, number, string]>([
  ['sequential', 'up up up', 5, '1 2 3'],
  ['round_robin', 'up up up', 0, '1 2 3'],
  ['round_robin', 'up up up', 4, '2 3 1'],
  ['random', 'up up up', 65_535, '1 2 3'],
  ['random', 'up up up', 65_534, '3 1 2'],
  ['sequential', 'down up up', 0, '2 3 1'],
  ['round_robin', 'down up up', 1, '3 2 1'],
  ['sequential', 'down down', 0, '1 2'],
  ['sequential', 'loop up down', 0, '2 3'],
  ['sequential', 'loop', 0, ''],
])('%s over "%s", turn %i, tries %s', (policy, spec, turn, expected) => {
  const order = orderUpstreams(upstreams(spec), policy, turn).map(({ name }) => name.split(/[.:]/)[3]);
  expect(order.join(' ')).toBe(expected);
});

test('an IPv6 server is named so that its port can be told', () => {
  expect(new Upstream({ address: 'fd00::2', port: 53 }).name).toBe('[fd00::2]:53');
});
