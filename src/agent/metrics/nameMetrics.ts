/** How true the names are that this node answers. */
import type { MetricFamily } from '../../telemetry/metric.ts';

export interface NameFigures {
  readonly earlyNames: number;
}

export function nameMetrics(figures: NameFigures): MetricFamily[] {
  return [
    {
      name: 'fairlead_dns_early_names_total',
      help: 'Services whose names were answered ahead of their rules, because these took too long.',
      type: 'counter',
      samples: () => [{ labels: {}, value: figures.earlyNames }],
    },
  ];
}
