/** kube-proxy's counts of changes: what came, and what of it is not in the rules yet. */
import type { ChangeSet, Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';

/** Keys of Services. */
interface Changed {
  readonly services: Set<string>;
  readonly endpoints: Set<string>;
}

const nothing = (): Changed => ({ services: new Set(), endpoints: new Set() });

export class ChangeMetrics {
  /** Entries as they were last published, to tell what of a Service differs. */
  readonly #known = new Map<string, ServiceEntry>();
  /** What no sync has taken up yet, and what one is about to write. */
  #waiting = nothing();
  #running = nothing();
  #services = 0;
  #slices = 0;

  published(picture: Picture, changes: ChangeSet): void {
    for (const key of changes.services) {
      const before = this.#known.get(key);
      const now = picture.services.get(key);
      if (before?.service !== now?.service) {
        this.#services += 1;
        this.#waiting.services.add(key);
      }
      const slices = changedGroups(before, now);
      if (slices > 0) this.#waiting.endpoints.add(key);
      this.#slices += slices;
      if (now === undefined) this.#known.delete(key);
      else this.#known.set(key, now);
    }
  }

  /** A sync begins. After one that failed, what it was about is still in `#running`. */
  began(): void {
    for (const key of this.#waiting.services) this.#running.services.add(key);
    for (const key of this.#waiting.endpoints) this.#running.endpoints.add(key);
    this.#waiting = nothing();
  }

  synced(): void {
    this.#running = nothing();
  }

  families(): MetricFamily[] {
    const one = (value: () => number) => (): Sample[] => [{ labels: {}, value: value() }];
    const pending = (what: keyof Changed): number =>
      new Set([...this.#waiting[what], ...this.#running[what]]).size;
    return [
      {
        name: 'kubeproxy_sync_proxy_rules_service_changes_pending',
        help: 'Services whose changes are not in the rules yet.',
        type: 'gauge',
        samples: one(() => pending('services')),
      },
      {
        name: 'kubeproxy_sync_proxy_rules_service_changes_total',
        help: 'Changes of Services.',
        type: 'counter',
        samples: one(() => this.#services),
      },
      {
        name: 'kubeproxy_sync_proxy_rules_endpoint_changes_pending',
        help: 'Services whose changes of endpoints are not in the rules yet.',
        type: 'gauge',
        samples: one(() => pending('endpoints')),
      },
      {
        name: 'kubeproxy_sync_proxy_rules_endpoint_changes_total',
        help: 'Changes of EndpointSlices.',
        type: 'counter',
        samples: one(() => this.#slices),
      },
    ];
  }
}

/** Slices that appeared, differ, or are gone; what did not change keeps its identity. */
function changedGroups(before: ServiceEntry | undefined, now: ServiceEntry | undefined): number {
  const old = new Map(before?.groups.map((group) => [group.name, group]));
  let changed = 0;
  for (const group of now?.groups ?? []) {
    if (old.get(group.name) !== group) changed += 1;
    old.delete(group.name);
  }
  return changed + old.size;
}
