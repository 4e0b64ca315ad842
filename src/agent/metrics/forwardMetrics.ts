/** CoreDNS's metrics of its cache and forward plugins, and ours beside them. */
import { type CacheCount, COUNT } from '../../dns/cache/counts.ts';
import type { CacheState } from '../../dns/cache/replyCache.ts';
import type { ForwarderState, UpstreamState } from '../../dns/forward/forwarder.ts';
import type { Distribution, Labels, MetricFamily, Sample } from '../../telemetry/metric.ts';
import { CACHE, rcodeName } from './dnsLabels.ts';

/** `undefined` where names are not forwarded at all. */
export function forwardMetrics(state: () => ForwarderState | undefined): MetricFamily[] {
  const of = (read: (state: ForwarderState) => Sample[]) => (): Sample[] => {
    const now = state();
    return now === undefined ? [] : read(now);
  };
  return [
    ...cacheMetrics((read) => of(({ cache }) => read(cache))),
    ...totals((read) => of((now) => [{ labels: {}, value: read(now) }])),
    ...upstreamMetrics((read) => of(({ upstreams }) => upstreams.flatMap(read))),
  ];
}

type From<T> = (read: (state: T) => Sample[]) => () => Sample[];

function cacheMetrics(from: From<CacheState>): MetricFamily[] {
  const typed = (success: number, denial: number): Sample[] => [
    { labels: { ...CACHE, type: 'success' }, value: success },
    { labels: { ...CACHE, type: 'denial' }, value: denial },
  ];
  const counter = (name: string, help: string, count: CacheCount): MetricFamily => ({
    name,
    help,
    type: 'counter',
    samples: from(({ counts }) => [{ labels: CACHE, value: counts.of(count) }]),
  });
  const typedCounter = (
    name: string,
    help: string,
    [success, denial]: readonly [CacheCount, CacheCount],
  ): MetricFamily => ({
    name,
    help,
    type: 'counter',
    samples: from(({ counts }) => typed(counts.of(success), counts.of(denial))),
  });
  const gauge = (name: string, help: string, samples: () => Sample[]): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples,
  });
  return [
    gauge(
      'coredns_cache_entries',
      'Forwarded answers that are kept; failures are denials.',
      from(({ entries }) => typed(entries.success, entries.denial)),
    ),
    counter('coredns_cache_requests_total', 'Queries that the cache was looked into for.', COUNT.requests),
    typedCounter('coredns_cache_hits_total', 'Of those, answered from it.', [
      COUNT.hitsSuccess,
      COUNT.hitsDenial,
    ]),
    counter(
      'coredns_cache_misses_total',
      'Of those, not answered from it, or with a stale answer.',
      COUNT.misses,
    ),
    counter(
      'coredns_cache_prefetch_total',
      'Kept answers asked for again before their time was up.',
      COUNT.prefetch,
    ),
    counter(
      'coredns_cache_drops_total',
      'Replies that held what was not asked for, which was left out.',
      COUNT.drops,
    ),
    counter(
      'coredns_cache_served_stale_total',
      'Queries answered with what was true once.',
      COUNT.servedStale,
    ),
    typedCounter('coredns_cache_evictions_total', 'Kept answers that had to make room.', [
      COUNT.evictionsSuccess,
      COUNT.evictionsDenial,
    ]),
    gauge(
      'fairlead_cache_octets',
      'Memory of the kept answers.',
      from(({ octets }) => [{ labels: {}, value: octets }]),
    ),
    gauge(
      'fairlead_cache_max_octets',
      'Memory that they may take.',
      from(({ maxOctets }) => [{ labels: {}, value: maxOctets }]),
    ),
  ];
}

function totals(from: (read: (state: ForwarderState) => number) => () => Sample[]): MetricFamily[] {
  return [
    {
      name: 'coredns_forward_healthcheck_broken_total',
      help: 'Queries asked while every server was believed dead.',
      type: 'counter',
      samples: from(({ broken }) => broken),
    },
    {
      name: 'coredns_forward_max_concurrent_rejects_total',
      help: 'Queries turned away as every server owed as many replies as it may.',
      type: 'counter',
      samples: from(({ rejects }) => rejects),
    },
  ];
}

function upstreamMetrics(
  from: (read: (upstream: UpstreamState) => Sample[]) => () => Sample[],
): MetricFamily[] {
  const one =
    (read: (upstream: UpstreamState) => number, more: Labels = {}) =>
    (upstream: UpstreamState): Sample[] => [
      { labels: { ...more, to: upstream.server }, value: read(upstream) },
    ];
  const byRcode =
    (read: (distribution: Distribution) => Sample['value'], more: Labels = {}) =>
    ({ server, durations }: UpstreamState): Sample[] =>
      [...durations].map(([rcode, distribution]) => ({
        labels: { ...more, to: server, rcode: rcodeName(rcode) },
        value: read(distribution),
      }));
  const bySocket =
    (udp: number, tcp: 'tcp' | 'reused') =>
    ({ server, sockets }: UpstreamState): Sample[] => [
      { labels: { ...PROXY, to: server, proto: 'udp' }, value: udp * sockets.udp },
      { labels: { ...PROXY, to: server, proto: 'tcp' }, value: sockets[tcp] },
    ];
  const family = (
    name: string,
    type: MetricFamily['type'],
    help: string,
    read: (upstream: UpstreamState) => Sample[],
  ): MetricFamily => ({ name, help, type, samples: from(read) });
  return [
    family(
      'coredns_proxy_request_duration_seconds',
      'histogram',
      'Time that a server took to reply.',
      byRcode((distribution) => distribution, PROXY),
    ),
    family(
      'coredns_proxy_healthcheck_failures_total',
      'counter',
      'Probes of a server believed dead that it did not answer.',
      one(({ probeFailures }) => probeFailures, PROXY),
    ),
    family(
      'coredns_proxy_conn_cache_hits_total',
      'counter',
      'Queries sent by a connection that was open; by UDP none is.',
      bySocket(0, 'reused'),
    ),
    family('coredns_proxy_conn_cache_misses_total', 'counter', 'Sockets opened.', bySocket(1, 'tcp')),
    // Older names of the same, which CoreDNS's own dashboards and alerts still ask for.
    family(
      'coredns_forward_requests_total',
      'counter',
      'Queries sent to each server.',
      one(({ queries }) => queries),
    ),
    family('coredns_forward_responses_total', 'counter', 'Replies of each server.', byRcode(countOf)),
    family(
      'coredns_forward_request_duration_seconds',
      'histogram',
      'Time that a server took to reply.',
      byRcode((distribution) => distribution),
    ),
    family(
      'coredns_forward_healthcheck_failures_total',
      'counter',
      'Probes of a server believed dead that it did not answer.',
      one(({ probeFailures }) => probeFailures),
    ),
    family(
      'fairlead_forward_failures_total',
      'counter',
      'Queries that a server did not answer.',
      one(({ failures }) => failures),
    ),
    family(
      'fairlead_forward_mismatched_replies_total',
      'counter',
      'Packets that came as replies of a server and matched no query: forged, or far too late.',
      one(({ strays }) => strays),
    ),
    family(
      'fairlead_forward_in_flight',
      'gauge',
      'Queries that a server owes replies to.',
      one(({ inFlight }) => inFlight),
    ),
    family(
      'fairlead_forward_healthy',
      'gauge',
      'Whether the server answered lately.',
      one(({ healthy }) => (healthy ? 1 : 0)),
    ),
    family(
      'fairlead_forward_looping',
      'gauge',
      'Whether the server sends our queries back to us.',
      one(({ looping }) => (looping ? 1 : 0)),
    ),
  ];
}

const PROXY = { proxy_name: 'forward' } as const;

function countOf({ counts }: Distribution): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
