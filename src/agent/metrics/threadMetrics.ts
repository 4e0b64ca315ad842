/** What the threads that answer beside the main one tell of themselves. */
import type { CountedDnsService } from '../../dns/createDnsService.ts';
import type { MetricFamily } from '../../telemetry/metric.ts';

export function threadMetrics(dns: Pick<CountedDnsService, 'state' | 'counters'>): MetricFamily[] {
  return [
    {
      name: 'fairlead_dns_threads',
      help: 'Threads that answer beside the main one.',
      type: 'gauge',
      samples: () => [{ labels: {}, value: dns.state().threads }],
    },
    {
      name: 'fairlead_dns_overflowed_total',
      help: 'Packets thrown away because the main thread was too far behind those that passed them on.',
      type: 'counter',
      samples: () => [{ labels: {}, value: dns.counters().overflowed }],
    },
  ];
}
