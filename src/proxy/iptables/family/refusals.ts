/** Services that are left out because the kernel will not have their rules, for one family. */
import type { ServiceEntry } from '../../../catalog/picture.ts';
import type { Problem } from '../../../kube/problem.ts';
import type { Family } from '../../../net/ip.ts';
import type { Services } from '../work.ts';

interface Refused {
  /** As it was then: a newer one is tried again. */
  readonly entry: ServiceEntry;
  readonly reason: string;
}

export class Refusals {
  readonly #services = new Map<string, Refused>();

  add(key: string, entry: ServiceEntry, reason: string): void {
    this.#services.set(key, { entry, reason });
  }

  /** Has all of them tried again. */
  clear(): void {
    this.#services.clear();
  }

  /** The same, as if those that are left out were not there. */
  without(services: Services): Services {
    if (this.#services.size === 0) return services;
    const kept = new Map<string, ServiceEntry | undefined>();
    for (const [key, entry] of services) {
      const refused = this.#services.get(key)?.entry === entry;
      if (!refused) this.#services.delete(key);
      kept.set(key, refused ? undefined : entry);
    }
    return kept;
  }

  problems(family: Family): readonly Problem[] {
    return [...this.#services.values()].map(({ entry: { service }, reason }) => ({
      object: { kind: 'Service', namespace: service.namespace, name: service.name },
      field: '',
      message: `not routed: iptables refuses its rules (${family}): ${reason}`,
      reason: 'RulesRefused',
    }));
  }
}
