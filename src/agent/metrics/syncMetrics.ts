/** kube-proxy's metrics of its syncs, under its names and with its buckets, and how late a change comes. */
import type { Family } from '../../net/ip.ts';
import type { SyncReport } from '../../proxy/backend.ts';
import { exponentialBounds, Histogram, type MetricFamily, type Sample } from '../../telemetry/metric.ts';

const SYNC_BOUNDS = exponentialBounds(0.001, 2, 15);
/** 0, 0.25, 0.5, each second to 59, each fifth to 115, each thirtieth to 300. */
const PROGRAMMING_BOUNDS = [0, 0.25, 0.5, ...range(1, 59, 1), ...range(60, 115, 5), ...range(120, 300, 30)];

/** A publication that a sync has taken over. Times are milliseconds. */
export interface Programmed {
  /** From the first change in it, as the catalog saw it, to the start of the sync. */
  readonly waited: number;
  /** When changes of its slices began, at a pod; since the epoch. */
  readonly triggers: readonly { readonly at: number; readonly family: Family }[];
}

class FamilySyncs {
  readonly all = new Histogram(SYNC_BOUNDS);
  readonly full = new Histogram(SYNC_BOUNDS);
  readonly partial = new Histogram(SYNC_BOUNDS);
  readonly programming = new Histogram(PROGRAMMING_BOUNDS);
  readonly latency = new Histogram(SYNC_BOUNDS);
  syncedAt = 0;
}

export class SyncMetrics {
  readonly #families: () => readonly Family[];
  readonly #syncs = new Map<Family, FamilySyncs>();
  #queuedAt = 0;

  constructor(families: () => readonly Family[]) {
    this.#families = families;
  }

  /** Changes were handed to routing. Times are milliseconds since the epoch, here and below. */
  queued(at: number): void {
    this.#queuedAt = at;
  }

  synced({ byFamily, milliseconds: all }: SyncReport, at: number, publications: readonly Programmed[]): void {
    for (const { family, full, milliseconds } of byFamily) {
      const syncs = this.#of(family);
      syncs.all.observe(milliseconds / 1000);
      (full ? syncs.full : syncs.partial).observe(milliseconds / 1000);
      // A family that was quicker than the others was done before now.
      syncs.syncedAt = at - (all - milliseconds);
      for (const { waited, triggers } of publications) {
        syncs.latency.observe((waited + milliseconds) / 1000);
        for (const trigger of triggers) {
          if (trigger.family !== family) continue;
          syncs.programming.observe(Math.max(0, syncs.syncedAt - trigger.at) / 1000);
        }
      }
    }
  }

  families(): MetricFamily[] {
    const each = (value: (syncs: FamilySyncs) => Sample['value']) => (): Sample[] =>
      this.#families().map((family) => ({ labels: { ip_family: family }, value: value(this.#of(family)) }));
    return [
      {
        name: 'kubeproxy_sync_proxy_rules_duration_seconds',
        help: 'Time that one sync of the rules took.',
        type: 'histogram',
        samples: each(({ all }) => all),
      },
      {
        name: 'kubeproxy_sync_full_proxy_rules_duration_seconds',
        help: 'Time that one sync of all rules took.',
        type: 'histogram',
        samples: each(({ full }) => full),
      },
      {
        name: 'kubeproxy_sync_partial_proxy_rules_duration_seconds',
        help: 'Time that one sync of changed rules took.',
        type: 'histogram',
        samples: each(({ partial }) => partial),
      },
      {
        name: 'kubeproxy_network_programming_duration_seconds',
        help: 'Time from the change of a pod to the rules that follow it.',
        type: 'histogram',
        samples: each(({ programming }) => programming),
      },
      {
        name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
        help: 'When rules were last synced.',
        type: 'gauge',
        samples: each(({ syncedAt }) => syncedAt / 1000),
      },
      {
        name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
        help: 'When a sync was last queued.',
        type: 'gauge',
        samples: each(() => this.#queuedAt / 1000),
      },
      {
        name: 'fairlead_change_to_kernel_seconds',
        help: 'Time from a change, as it was read, to its rules in the kernel.',
        type: 'histogram',
        samples: each(({ latency }) => latency),
      },
    ];
  }

  #of(family: Family): FamilySyncs {
    const syncs = this.#syncs.get(family) ?? new FamilySyncs();
    this.#syncs.set(family, syncs);
    return syncs;
  }
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);
}
