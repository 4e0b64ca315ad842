import { expect, test } from 'vitest';
import { exposition } from '../../src/telemetry/exposition.ts';
import { exponentialBounds, Histogram, type MetricFamily } from '../../src/telemetry/metric.ts';

async function scrape(...families: readonly MetricFamily[]): Promise<string> {
  return (await exposition(families)()).body;
}

test('counters and gauges are read at the time of the scrape', async () => {
  let syncs = 1;
  const read = exposition([
    { name: 'syncs_total', help: 'Syncs.', type: 'counter', samples: () => [{ labels: {}, value: syncs }] },
    {
      name: 'sources',
      help: 'Sources.',
      type: 'gauge',
      samples: () => [
        { labels: { kind: 'Service' }, value: 1 },
        { labels: { kind: 'a "b"' }, value: 0 },
      ],
    },
  ]);
  await read();
  syncs = 2;
  const reply = await read();
  expect(reply.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(reply.body).toBe(
    [
      '# HELP syncs_total Syncs.',
      '# TYPE syncs_total counter',
      'syncs_total 2',
      '',
      '# HELP sources Sources.',
      '# TYPE sources gauge',
      'sources{kind="Service"} 1',
      'sources{kind="a \\"b\\""} 0',
      '',
    ].join('\n'),
  );
});

test('buckets are cumulated in the exposition and not while counting', async () => {
  const seconds = new Histogram(exponentialBounds(0.001, 2, 3));
  for (const value of [0.0005, 0.001, 0.003, 9]) seconds.observe(value);
  expect([...seconds.counts]).toEqual([2, 0, 1, 1]);
  const samples = () => [{ labels: { ip_family: 'IPv4' }, value: seconds }];
  expect(await scrape({ name: 'sync_seconds', help: 'Syncs.', type: 'histogram', samples })).toBe(
    [
      '# HELP sync_seconds Syncs.',
      '# TYPE sync_seconds histogram',
      'sync_seconds_bucket{ip_family="IPv4",le="0.001"} 2',
      'sync_seconds_bucket{ip_family="IPv4",le="0.002"} 2',
      'sync_seconds_bucket{ip_family="IPv4",le="0.004"} 3',
      'sync_seconds_bucket{ip_family="IPv4",le="+Inf"} 4',
      'sync_seconds_sum{ip_family="IPv4"} 9.0045',
      'sync_seconds_count{ip_family="IPv4"} 4',
      '',
    ].join('\n'),
  );
});

test('a family without a sample shows its name, so that a dashboard finds it', async () => {
  const empty = await scrape({
    name: 'failures_total',
    help: 'Failures.',
    type: 'counter',
    samples: () => [],
  });
  expect(empty).toContain('# TYPE failures_total counter');
});

test('what must be read first is read before samples are asked for', async () => {
  let value = 0;
  const family: MetricFamily = {
    name: 'late',
    help: 'Known only when read.',
    type: 'counter',
    prepare: async () => {
      await Promise.resolve();
      value = 7;
    },
    samples: () => [{ labels: {}, value }],
  };
  expect((await exposition([family])()).body).toContain('late 7');
});
