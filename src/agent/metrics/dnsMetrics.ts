/** CoreDNS's metrics, under its names and labels, so that its dashboards and alerts keep working. */
import type { ForwarderState } from '../../dns/forwarder.ts';
import {
  DURATION_BOUNDS,
  type DnsCounters,
  FAMILY_LABELS,
  PROTOCOLS,
  requestIndex,
  TYPE_LABELS,
} from '../../dns/server/counters.ts';
import { RCODE } from '../../dns/wire/codes.ts';
import {
  exponentialBounds,
  Histogram,
  type Labels,
  type MetricFamily,
  type Sample,
} from '../../telemetry/metric.ts';

/** CoreDNS labels by server block; here there is one server for all names. */
const SERVER: Labels = { server: 'dns://:53', zone: '.', view: '' };
const CACHE: Labels = { server: 'dns://:53', zones: '.', view: '' };

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

export class DnsMetrics {
  readonly #counters: () => DnsCounters;
  readonly #forwarder: () => ForwarderState | undefined;
  readonly #programming = {
    cluster_ip: new Histogram(exponentialBounds(0.001, 2, 20)),
    headless_with_selector: new Histogram(exponentialBounds(0.001, 2, 20)),
  };

  constructor(counters: () => DnsCounters, forwarder: () => ForwarderState | undefined) {
    this.#counters = counters;
    this.#forwarder = forwarder;
  }

  /** A change at a pod, so many seconds ago, is in the answers now. */
  programmed(headless: boolean, seconds: number): void {
    this.#programming[headless ? 'headless_with_selector' : 'cluster_ip'].observe(Math.max(0, seconds));
  }

  families(): MetricFamily[] {
    const counter = (name: string, help: string, samples: () => Sample[]): MetricFamily => ({
      name,
      help,
      type: 'counter',
      samples,
    });
    return [
      counter('coredns_dns_requests_total', 'Queries by protocol, family and type.', () => this.#requests()),
      counter('coredns_dns_responses_total', 'Replies by rcode.', () => this.#responses()),
      {
        name: 'coredns_dns_request_duration_seconds',
        help: 'Time to answer a query.',
        type: 'histogram',
        samples: () => [{ labels: SERVER, value: this.#durations() }],
      },
      counter('coredns_panics_total', 'Queries whose handling failed by a fault of ours.', () => [
        { labels: {}, value: this.#counters().faults },
      ]),
      counter('fairlead_dns_dropped_total', 'Packets that deserve no reply.', () => [
        { labels: {}, value: this.#counters().dropped },
      ]),
      counter('fairlead_dns_limited_total', "Queries above a client's limit, by what became of them.", () => [
        { labels: { action: 'dropped' }, value: this.#counters().limitedDropped },
        { labels: { action: 'truncated' }, value: this.#counters().limitedTruncated },
      ]),
      {
        name: 'coredns_cache_entries',
        help: 'Forwarded answers that are kept.',
        type: 'gauge',
        samples: () => this.#cache(({ cacheEntries }) => cacheEntries),
      },
      counter('coredns_cache_hits_total', 'Forwarded queries answered from the cache.', () =>
        this.#cache(({ cacheHits }) => cacheHits),
      ),
      counter('coredns_cache_misses_total', 'Forwarded queries that had to be asked.', () =>
        this.#cache(({ cacheMisses }) => cacheMisses),
      ),
      counter('coredns_forward_requests_total', 'Queries sent to each server.', () =>
        this.#upstreams(({ queries }) => queries),
      ),
      counter('fairlead_forward_failures_total', 'Queries that a server did not answer.', () =>
        this.#upstreams(({ failures }) => failures),
      ),
      {
        name: 'fairlead_forward_healthy',
        help: 'Whether the server answered lately.',
        type: 'gauge',
        samples: () => this.#upstreams(({ healthy }) => (healthy ? 1 : 0)),
      },
      {
        name: 'coredns_kubernetes_dns_programming_duration_seconds',
        help: 'Time from the change of a pod to the answers that follow it.',
        type: 'histogram',
        samples: () =>
          Object.entries(this.#programming).map(([kind, value]) => ({
            labels: { service_kind: kind },
            value,
          })),
      },
    ];
  }

  #requests(): Sample[] {
    const { requests } = this.#counters();
    const found: Sample[] = [];
    for (const protocol of [0, 1] as const) {
      for (const family of [0, 1] as const) {
        TYPE_LABELS.forEach((type, label) => {
          const value = requests[requestIndex(protocol, family, label)] ?? 0;
          if (value === 0) return;
          const labels = { ...SERVER, proto: PROTOCOLS[protocol], family: FAMILY_LABELS[family], type };
          found.push({ labels, value });
        });
      }
    }
    return found;
  }

  #responses(): Sample[] {
    return [...this.#counters().responses].flatMap((value, code) =>
      value === 0
        ? []
        : [
            {
              labels: { ...SERVER, rcode: RCODE_NAMES.get(code) ?? String(code), plugin: 'fairlead' },
              value,
            },
          ],
    );
  }

  #durations(): Sample['value'] {
    const { durations, durationSum } = this.#counters();
    return { bounds: DURATION_BOUNDS, counts: durations, sum: durationSum };
  }

  #cache(value: (state: ForwarderState) => number): Sample[] {
    const state = this.#forwarder();
    return state === undefined ? [] : [{ labels: CACHE, value: value(state) }];
  }

  #upstreams(value: (upstream: ForwarderState['upstreams'][number]) => number): Sample[] {
    const upstreams = this.#forwarder()?.upstreams ?? [];
    return upstreams.map((upstream) => ({ labels: { to: upstream.server }, value: value(upstream) }));
  }
}
