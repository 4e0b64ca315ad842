/** What userspace mode carries. */
import type { RelayCounts, RelayFigures } from '../../proxy/userspace/relay.ts';
import type { Labels, MetricFamily, Sample } from '../../telemetry/metric.ts';
import type { Relays } from '../routing/relays.ts';
import { type ToldEndpoint, RelaySeries } from './relaySeries.ts';

export function relayMetrics({ figures, limit }: Pick<Relays, 'figures' | 'limit'>): MetricFamily[] {
  const series = new RelaySeries();
  const ports = (read: (port: RelayFigures) => Sample['value']) => (): Sample[] =>
    [...series.ports].map((port) => ({ labels: labelsOf(port), value: read(port) }));
  const count = (key: keyof RelayCounts): (() => Sample[]) => ports((port) => port[key]);
  const endpoints = (read: (endpoint: ToldEndpoint) => number) => (): Sample[] =>
    [...series.endpoints].map((endpoint) => ({
      labels: { ...labelsOf(endpoint.port), endpoint: endpoint.text },
      value: read(endpoint),
    }));
  return [
    {
      name: 'fairlead_relay_connections_total',
      help: 'Connections and UDP sessions of clients that were taken.',
      type: 'counter',
      // Before all others: they are of the same moment.
      prepare: async () => series.update(figures()),
      samples: count('accepted'),
    },
    {
      name: 'fairlead_relay_other_connections_total',
      help: 'The same of all Service ports beyond the first thousand that were used.',
      type: 'counter',
      samples: () => [{ labels: {}, value: series.others }],
    },
    {
      name: 'fairlead_relay_open_connections',
      help: 'Connections and UDP sessions that are carried now.',
      type: 'gauge',
      samples: count('open'),
    },
    {
      name: 'fairlead_relay_max_connections',
      help: 'How many may be carried at once, of all Services.',
      type: 'gauge',
      samples: () => [{ labels: {}, value: limit }],
    },
    {
      name: 'fairlead_relay_retries_total',
      help: 'Endpoints that failed and were followed by another, unnoticed by the client.',
      type: 'counter',
      samples: count('retries'),
    },
    {
      name: 'fairlead_relay_failures_total',
      help: 'Connections that no endpoint took.',
      type: 'counter',
      samples: count('failed'),
    },
    {
      name: 'fairlead_relay_refused_total',
      help: 'Connections refused because too many were carried.',
      type: 'counter',
      samples: count('refused'),
    },
    {
      name: 'fairlead_relay_bytes_total',
      help: 'Octets carried, from clients and to them.',
      type: 'counter',
      samples: () =>
        [...series.ports].flatMap((port) => [
          { labels: { ...labelsOf(port), direction: 'in' }, value: port.bytesIn },
          { labels: { ...labelsOf(port), direction: 'out' }, value: port.bytesOut },
        ]),
    },
    {
      name: 'fairlead_relay_suspended_endpoints',
      help: 'Endpoints that keep failing and are tried last.',
      type: 'gauge',
      samples: ports(({ suspended }) => suspended.length),
    },
    {
      name: 'fairlead_relay_dial_seconds',
      help: 'Time until an endpoint took a connection, or answered a UDP session first.',
      type: 'histogram',
      samples: ports(({ dials }) => dials),
    },
    {
      name: 'fairlead_relay_endpoint_connections_total',
      help: 'Connections that an endpoint took.',
      type: 'counter',
      samples: endpoints(({ connections }) => connections),
    },
    {
      name: 'fairlead_relay_endpoint_dial_seconds_total',
      help: 'Time that it took to take them.',
      type: 'counter',
      samples: endpoints(({ dialSeconds }) => dialSeconds),
    },
    {
      name: 'fairlead_relay_endpoint_failures_total',
      help: 'Connections that it did not take, or reset before anything was said.',
      type: 'counter',
      samples: endpoints(({ failures }) => failures),
    },
  ];
}

/** `shop/web:http`; a Service's only port may have no name. */
function labelsOf({ name, protocol }: RelayFigures): Labels {
  const [key = '', port = ''] = name.split(':');
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), service: key.slice(slash + 1), port, protocol };
}
