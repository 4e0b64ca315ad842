import { expect, test } from 'vitest';
import { relayStatusOf } from '../../../src/agent/routing/relayStatus.ts';
import { Tally } from '../../../src/proxy/userspace/figures.ts';
import type { RelayCounts, RelayFigures } from '../../../src/proxy/userspace/relay.ts';

function port(name: string, counts: Partial<RelayCounts>, suspended: readonly string[] = []): RelayFigures {
  const tally = new Tally('TCP');
  Object.assign(tally.counts, counts);
  return tally.figures(name, suspended);
}

test('nothing is relayed: nothing is told', () => {
  expect(relayStatusOf([], 100)).toBeUndefined();
});

test('sums, the busiest ports first, and who is tried last', () => {
  const status = relayStatusOf(
    [
      port('shop/web:http', { accepted: 5, open: 1, failed: 1 }),
      port('shop/web:https', { accepted: 3, retries: 2 }, ['10.0.0.1:443']),
      port('shop/db:sql', { accepted: 4, open: 3, refused: 6 }),
    ],
    100,
  );
  expect(status).toMatchObject({
    services: 2,
    open: 4,
    maxOpen: 100,
    accepted: 12,
    retries: 2,
    failed: 1,
    refused: 6,
    triedLast: [{ port: 'shop/web:https', endpoint: '10.0.0.1:443' }],
  });
  expect(status?.ports.map(({ port: name }) => name)).toEqual([
    'shop/db:sql',
    'shop/web:http',
    'shop/web:https',
  ]);
});

test('a hundred ports are told one by one', () => {
  const many = Array.from({ length: 300 }, (_, i) => port(`shop/s${i}:http`, { accepted: i }));
  const status = relayStatusOf(many, 100);
  expect(status?.ports).toHaveLength(100);
  expect(status?.ports[0]?.port).toBe('shop/s299:http');
  expect(status?.services).toBe(300);
});
