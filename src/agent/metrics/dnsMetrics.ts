/** CoreDNS's metrics of its server, under its names and labels, so that its dashboards and alerts keep working. */
import {
  DURATION_BOUNDS,
  type DnsCounters,
  FAMILY_LABELS,
  PROTOCOLS,
  RCODES,
  requestIndex,
  SIZE_BOUNDS,
  type SizeCounts,
  stepIndex,
  TYPE_LABELS,
} from '../../dns/server/counters.ts';
import { type Step, STEPS } from '../../dns/server/step.ts';
import { RCODE } from '../../dns/wire/codes.ts';
import {
  exponentialBounds,
  Histogram,
  type Labels,
  type MetricFamily,
  type Sample,
} from '../../telemetry/metric.ts';
import { VERSION } from '../version.ts';
import { rcodeName, SERVER } from './dnsLabels.ts';

/** CoreDNS's plugin that does the same. */
const PLUGINS: Readonly<Record<Step, string>> = {
  zone: 'kubernetes',
  search: 'autopath',
  rules: 'hosts',
  cache: 'cache',
  stale: 'cache',
  forward: 'forward',
  busy: 'forward',
  loop: 'loop',
  refused: '',
  chaos: 'chaos',
  none: '',
};
/** What its default Corefile enables, and is done here too. */
const ENABLED = [
  'cache',
  'errors',
  'forward',
  'health',
  'kubernetes',
  'loadbalance',
  'loop',
  'prometheus',
  'ready',
];

export class DnsMetrics {
  readonly #counters: () => DnsCounters;
  readonly #programming = {
    cluster_ip: new Histogram(exponentialBounds(0.001, 2, 20)),
    headless_with_selector: new Histogram(exponentialBounds(0.001, 2, 20)),
  };

  constructor(counters: () => DnsCounters) {
    this.#counters = counters;
  }

  /** A change at a pod, so many seconds ago, is in the answers now. */
  programmed(headless: boolean, seconds: number): void {
    this.#programming[headless ? 'headless_with_selector' : 'cluster_ip'].observe(Math.max(0, seconds));
  }

  families(): MetricFamily[] {
    return [
      {
        name: 'coredns_build_info',
        help: 'Constant 1, labelled with the version that answers.',
        type: 'gauge',
        samples: () => [
          { labels: { version: VERSION, revision: 'fairlead', goversion: process.version }, value: 1 },
        ],
      },
      {
        name: 'coredns_plugin_enabled',
        help: 'Parts of CoreDNS whose work is done.',
        type: 'gauge',
        samples: () => ENABLED.map((name) => ({ labels: { ...SERVER, name }, value: 1 })),
      },
      {
        name: 'coredns_panics_total',
        help: 'Queries whose handling failed by a fault of ours.',
        type: 'counter',
        samples: () => [{ labels: {}, value: this.#counters().faults }],
      },
      {
        name: 'coredns_dns_requests_total',
        help: 'Queries by protocol, family and type.',
        type: 'counter',
        samples: () => this.#requests(),
      },
      {
        name: 'coredns_dns_do_requests_total',
        help: 'Queries with the DO bit set.',
        type: 'counter',
        samples: () => [{ labels: SERVER, value: this.#counters().dnssec }],
      },
      {
        name: 'coredns_dns_request_duration_seconds',
        help: 'Time to answer a query.',
        type: 'histogram',
        samples: () => [{ labels: SERVER, value: this.#durations() }],
      },
      {
        name: 'coredns_dns_request_size_bytes',
        help: 'Size of queries.',
        type: 'histogram',
        samples: () => sizes(this.#counters().requestSizes),
      },
      {
        name: 'coredns_dns_response_size_bytes',
        help: 'Size of replies.',
        type: 'histogram',
        samples: () => sizes(this.#counters().responseSizes),
      },
      {
        name: 'coredns_dns_responses_total',
        help: 'Replies by rcode and what answered.',
        type: 'counter',
        samples: () => this.#responses(),
      },
      {
        name: 'coredns_autopath_success_total',
        help: 'Questions answered with the name that the client would have come to by its search list.',
        type: 'counter',
        samples: () => [{ labels: { server: SERVER.server }, value: this.#searched() }],
      },
      {
        name: 'fairlead_dns_dropped_total',
        help: 'Packets that deserve no reply.',
        type: 'counter',
        samples: () => [{ labels: {}, value: this.#counters().dropped }],
      },
      {
        name: 'fairlead_dns_limited_total',
        help: "Queries above a client's limit, by what became of them.",
        type: 'counter',
        samples: () => [
          { labels: { action: 'dropped' }, value: this.#counters().limitedDropped },
          { labels: { action: 'truncated' }, value: this.#counters().limitedTruncated },
        ],
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

  /** Steps that one plugin does are one sample. */
  #responses(): Sample[] {
    const { stepResponses } = this.#counters();
    const samples = new Map<string, { labels: Labels; value: number }>();
    for (const step of STEPS) {
      for (let code = 0; code < RCODES; code++) {
        const value = stepResponses[stepIndex(step, code)] ?? 0;
        if (value === 0) continue;
        // CoreDNS's word for queries that no zone took; without a dot, so it can be no zone's name.
        const zone = step === 'refused' ? 'dropped' : SERVER.zone;
        const labels = { ...SERVER, zone, rcode: rcodeName(code), plugin: PLUGINS[step] };
        const key = Object.values(labels).join(' ');
        samples.set(key, { labels, value: value + (samples.get(key)?.value ?? 0) });
      }
    }
    return [...samples.values()];
  }

  /** Failures of a search are SERVFAIL, and what found nothing is a denial of the zone's. */
  #searched(): number {
    return this.#counters().stepResponses[stepIndex('search', RCODE.NOERROR)] ?? 0;
  }

  #durations(): Sample['value'] {
    const { durations, durationSum } = this.#counters();
    return { bounds: DURATION_BOUNDS, counts: durations, sum: durationSum };
  }
}

function sizes(counts: readonly SizeCounts[]): Sample[] {
  return counts.map(({ buckets, sum }, i) => ({
    labels: { ...SERVER, proto: PROTOCOLS[i] ?? '' },
    value: { bounds: SIZE_BOUNDS, counts: buckets, sum },
  }));
}
