/** kube-proxy's figures of policy Local, under its names. */
import type { Family } from '../../net/ip.ts';
import type { NoLocalEndpoints } from '../../proxy/noLocalEndpoints.ts';
import type { MetricFamily } from '../../telemetry/metric.ts';

export function localMetrics(
  noLocal: Pick<NoLocalEndpoints, 'count'>,
  families: () => readonly Family[],
): MetricFamily[] {
  return [
    {
      name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
      help: 'Service ports with traffic policy Local whose endpoints are all on other nodes.',
      type: 'gauge',
      samples: () =>
        families().flatMap((family) =>
          (['internal', 'external'] as const).map((side) => ({
            labels: { traffic_policy: side, ip_family: family },
            value: noLocal.count(family, side),
          })),
        ),
    },
  ];
}
