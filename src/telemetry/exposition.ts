/** The text that Prometheus scrapes. */
import type { MetricObjectWithValues, MetricValueWithName } from '@prometheus-io/client';
import type { HttpReply } from './httpAnswer.ts';
import type { Distribution, MetricFamily, Sample } from './metric.ts';

/** A scrape of these families. The library is loaded by the first one: a node that nobody scrapes does not pay. */
export function exposition(families: readonly MetricFamily[]): () => Promise<HttpReply> {
  let render: Promise<() => Promise<HttpReply>> | undefined;
  return async () => {
    render ??= makeRegistry(families);
    return (await render)();
  };
}

async function makeRegistry(families: readonly MetricFamily[]): Promise<() => Promise<HttpReply>> {
  const { Gauge, Registry } = await import('@prometheus-io/client');

  /** The library's own classes count one observation at a time; ours only hands over what is already counted. */
  class Reading extends Gauge<string> {
    readonly #family: MetricFamily;

    constructor(family: MetricFamily) {
      super({ name: family.name, help: family.help, registers: [] });
      this.#family = family;
    }

    override get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
      const { name, help, type, samples } = this.#family;
      const values = [...samples()].flatMap((sample) => valuesOf(name, sample));
      return Promise.resolve({ name, help, type, values, aggregator: 'sum', collect: () => undefined });
    }
  }

  const registry = new Registry();
  for (const family of families) registry.registerMetric(new Reading(family));
  return async () => {
    await Promise.all(families.flatMap(({ prepare }) => (prepare === undefined ? [] : [prepare()])));
    return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
  };
}

function valuesOf(name: string, { labels, value }: Sample): MetricValueWithName<string>[] {
  return typeof value === 'number' ? [{ labels, value }] : [...bucketsOf(name, labels, value)];
}

function* bucketsOf(
  name: string,
  labels: Sample['labels'],
  { bounds, counts, sum }: Distribution,
): Generator<MetricValueWithName<string>> {
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    total += counts[i] ?? 0;
    const le = bounds[i] === undefined ? '+Inf' : String(bounds[i]);
    yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  }
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: total };
}
