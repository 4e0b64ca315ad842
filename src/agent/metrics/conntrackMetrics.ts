/** kube-proxy's metrics of the reconciliation of flows, under its names and with its buckets. */
import type { Family } from '../../net/ip.ts';
import type { ConntrackCounters, FamilyCount } from '../../proxy/conntrack/counters.ts';
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';

export function conntrackMetrics(
  counters: ConntrackCounters,
  families: () => readonly Family[],
): MetricFamily[] {
  const each = (value: (count: FamilyCount) => Sample['value']) => (): Sample[] =>
    families().map((family) => ({ labels: { ip_family: family }, value: value(counters.of(family)) }));
  return [
    {
      name: 'kubeproxy_conntrack_reconciler_sync_duration_seconds',
      help: 'Time that one look for stale flows took.',
      type: 'histogram',
      samples: each(({ seconds }) => seconds),
    },
    {
      name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
      help: 'Stale flows deleted: UDP, and TCP that nobody translated.',
      type: 'counter',
      samples: each(({ deleted }) => deleted),
    },
  ];
}
