/** docs/METRICS.md as data. Another test holds it against what the agent exports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Metric {
  readonly type: string;
  readonly labels: readonly string[];
}

/** What Prometheus adds to each series of ours. */
export const TARGET_LABELS: readonly string[] = ['job', 'instance', 'endpoint'];

/** By the names of their series: those of a histogram end with _bucket, _sum and _count. */
export function exportedSeries(): ReadonlyMap<string, Metric> {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/METRICS.md'), 'utf8');
  const rows = text.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\|/gm);
  const metrics = [...rows].flatMap(([, name = '', type = '', given = '']): [string, Metric][] => {
    const labels = [...given.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
    if (type !== 'histogram') return [[name, { type, labels }]];
    return [
      [`${name}_bucket`, { type: 'counter', labels: [...labels, 'le'] }],
      [`${name}_sum`, { type: 'counter', labels }],
      [`${name}_count`, { type: 'counter', labels }],
    ];
  });
  // Prometheus' own, for each target.
  return new Map([['up', { type: 'gauge', labels: [] }], ...metrics]);
}
