/** kube-proxy's metrics of its syncs, under its names and with its buckets. */
import type { Family } from '../../net/ip.ts';
import type { BackendState, SyncReport } from '../../proxy/backend.ts';
import { exponentialBounds, Histogram, type MetricFamily, type Sample } from '../../telemetry/metric.ts';

const SYNC_BOUNDS = exponentialBounds(0.001, 2, 15);
/** 0.25, 0.5, each second to 59, each fifth to 115, each thirtieth to 300. */
const PROGRAMMING_BOUNDS = [0.25, 0.5, ...range(1, 59, 1), ...range(60, 115, 5), ...range(120, 300, 30)];

export class SyncMetrics {
  readonly #describe: () => BackendState;
  readonly #all = new Histogram(SYNC_BOUNDS);
  readonly #full = new Histogram(SYNC_BOUNDS);
  readonly #partial = new Histogram(SYNC_BOUNDS);
  readonly #programming = new Histogram(PROGRAMMING_BOUNDS);
  #failures = 0;
  #restores = 0;
  #repairs = 0;
  #syncedAt = 0;
  #queuedAt = 0;
  #changed = 0;

  constructor(describe: () => BackendState) {
    this.#describe = describe;
  }

  /** Changes of so many Services were handed to routing. Times are milliseconds since the epoch, here and below. */
  queued(services: number, at: number): void {
    this.#queuedAt = at;
    this.#changed += services;
  }

  synced(report: SyncReport, full: boolean, at: number, triggers: readonly number[]): void {
    const seconds = report.milliseconds / 1000;
    this.#all.observe(seconds);
    (full ? this.#full : this.#partial).observe(seconds);
    this.#restores += report.restores;
    this.#repairs += report.repairs ?? 0;
    this.#syncedAt = at;
    for (const trigger of triggers) this.#programming.observe(Math.max(0, at - trigger) / 1000);
  }

  failed(): void {
    this.#failures += 1;
  }

  families(): MetricFamily[] {
    // One sync writes all families together, so each shows the same times.
    const each = (value: () => number | Histogram) => (): Sample[] =>
      this.#describe().families.map((family: Family) => ({ labels: { ip_family: family }, value: value() }));
    const once = (value: () => number) => (): Sample[] => [{ labels: {}, value: value() }];
    const name = (rest: string): string => `kubeproxy_${rest}`;
    return [
      {
        name: name('sync_proxy_rules_duration_seconds'),
        help: 'Time that one sync of the rules took.',
        type: 'histogram',
        samples: each(() => this.#all),
      },
      {
        name: name('sync_full_proxy_rules_duration_seconds'),
        help: 'Time that one sync of all rules took.',
        type: 'histogram',
        samples: each(() => this.#full),
      },
      {
        name: name('sync_partial_proxy_rules_duration_seconds'),
        help: 'Time that one sync of changed rules took.',
        type: 'histogram',
        samples: each(() => this.#partial),
      },
      {
        name: name('network_programming_duration_seconds'),
        help: 'Time from the change of a pod to the rules that follow it.',
        type: 'histogram',
        samples: each(() => this.#programming),
      },
      {
        name: name('sync_proxy_rules_last_timestamp_seconds'),
        help: 'When rules were last synced.',
        type: 'gauge',
        samples: each(() => this.#syncedAt / 1000),
      },
      {
        name: name('sync_proxy_rules_last_queued_timestamp_seconds'),
        help: 'When a sync was last queued.',
        type: 'gauge',
        samples: each(() => this.#queuedAt / 1000),
      },
      {
        name: name('sync_proxy_rules_service_changes_total'),
        help: 'Changed Services handed to routing, those with changed endpoints included.',
        type: 'counter',
        samples: once(() => this.#changed),
      },
      {
        name: name('sync_proxy_rules_iptables_restore_failures_total'),
        help: 'Syncs that failed.',
        type: 'counter',
        samples: each(() => this.#failures),
      },
      {
        name: 'fairlead_rules',
        help: 'Rules of ours in the kernel.',
        type: 'gauge',
        samples: once(() => this.#describe().rules),
      },
      {
        name: 'fairlead_restores_total',
        help: 'Restore commands run.',
        type: 'counter',
        samples: once(() => this.#restores),
      },
      {
        name: 'fairlead_repairs_total',
        help: 'Chains and rules that others had removed or changed, put right.',
        type: 'counter',
        samples: once(() => this.#repairs),
      },
    ];
  }
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);
}
