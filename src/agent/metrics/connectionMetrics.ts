/** Connections as the kernel counted them. Read when somebody scrapes: it costs, so an operator asks for it. */
import { type Clock, sleep } from '../../host/clock.ts';
import type { Connections } from '../../proxy/iptables/connections.ts';
import type { MetricFamily } from '../../telemetry/metric.ts';

/** Prometheus gives a scrape ten seconds as it comes. What is not read by then is in the next one. */
const WAIT_MS = 5_000;

export function connectionMetrics(
  connections: Pick<Connections, 'refresh' | 'services' | 'others' | 'invalid'>,
  clock: Clock,
): MetricFamily[] {
  return [
    {
      name: 'fairlead_service_connections_total',
      help: 'New connections to endpoints of a Service, UDP flows included.',
      type: 'counter',
      prepare: () => Promise.race([connections.refresh(), sleep(clock, WAIT_MS)]),
      samples: () =>
        [...connections.services].map(([key, value]) => {
          const slash = key.indexOf('/');
          return { labels: { namespace: key.slice(0, slash), service: key.slice(slash + 1) }, value };
        }),
    },
    {
      name: 'fairlead_other_service_connections_total',
      help: 'The same of all Services beyond the first thousand that were connected to.',
      type: 'counter',
      samples: () => [{ labels: {}, value: connections.others }],
    },
    {
      name: 'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
      help: 'Packets dropped because connection tracking calls them INVALID.',
      type: 'counter',
      samples: () => [{ labels: {}, value: connections.invalid }],
    },
  ];
}
