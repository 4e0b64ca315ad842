import { join } from 'node:path';
import { expect, test } from 'vitest';
import { relayMetrics } from '../../../src/agent/metrics/relayMetrics.ts';
import { RelaySeries } from '../../../src/agent/metrics/relaySeries.ts';
import { Tally } from '../../../src/proxy/userspace/figures.ts';
import type { RelayFigures } from '../../../src/proxy/userspace/relay.ts';
import { exposition } from '../../../src/telemetry/exposition.ts';

function port(name: string, accepted: number, endpoints: readonly string[] = []): RelayFigures {
  const tally = new Tally('TCP');
  tally.counts.accepted = accepted;
  for (const endpoint of endpoints) tally.reached(endpoint, 0.001);
  return tally.figures(name, []);
}

test('a scrape', async () => {
  const web = new Tally('TCP');
  Object.assign(web.counts, {
    accepted: 7,
    open: 2,
    retries: 3,
    failed: 1,
    refused: 4,
    bytesIn: 50,
    bytesOut: 60,
  });
  web.reached('10.0.1.1:80', 0.001);
  web.reached('10.0.1.1:80', 0.5);
  web.failed('10.0.1.2:80');
  const dns = new Tally('UDP');
  dns.counts.accepted = 1;
  const figures = [
    web.figures('shop/web:http', ['10.0.1.2:80']),
    dns.figures('shop/names', []),
    // Nobody ever connected to it.
    new Tally('TCP').figures('shop/idle', []),
  ];
  const { body } = await exposition(relayMetrics({ figures: () => figures, limit: 100 }))();
  await expect(body).toMatchFileSnapshot(join(import.meta.dirname, '../../golden/metrics/relay.txt'));
});

test('a thousand ports have series, and keep them; the others are added up', () => {
  const series = new RelaySeries();
  const many = (accepted: number): RelayFigures[] =>
    Array.from({ length: 1002 }, (_, i) => port(`shop/s${i}:http`, accepted));
  series.update(many(5));
  expect([...series.ports]).toHaveLength(1000);
  expect(series.others).toBe(10);
  series.update(many(7).toReversed());
  expect([...series.ports].some(({ name }) => name === 'shop/s1001:http')).toBe(false);
  expect(series.others).toBe(14);
});

test('a port that is gone makes room, and what was added up stays', () => {
  const series = new RelaySeries();
  const many = Array.from({ length: 1001 }, (_, i) => port(`shop/s${i}:http`, 5));
  series.update(many);
  series.update(many.slice(1));
  expect([...series.ports].at(-1)?.name).toBe('shop/s1000:http');
  expect(series.others).toBe(5);
});

test('one without series that was opened again counts on from there', () => {
  const series = new RelaySeries();
  const told = Array.from({ length: 1000 }, (_, i) => port(`shop/s${i}:http`, 1));
  for (const accepted of [5, 8, 2]) series.update([...told, port('shop/other:http', accepted)]);
  expect(series.others).toBe(10);
});

test('a thousand endpoints have series', () => {
  const series = new RelaySeries();
  const texts = Array.from({ length: 1001 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`);
  const first = port('shop/web:http', 1, texts.slice(0, 600));
  const second = port('shop/db:sql', 1, texts.slice(600));
  series.update([first, second]);
  expect([...series.endpoints]).toHaveLength(1000);
  // Those of a pod that left are free.
  series.update([port('shop/web:http', 1, texts.slice(1, 600)), second]);
  expect([...series.endpoints].map(({ text }) => text)).toContain(texts[1000]);
});
