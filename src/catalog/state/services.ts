/** Services as their objects want them, with what has come in since the last publication. */
import type { Problem } from '../../kube/problem.ts';
import type { Service } from '../service.ts';
import { Claims } from './claims.ts';
import { claimsOf, grant } from './grant.ts';
import { same } from './same.ts';

const NONE: readonly Problem[] = Object.freeze([]);

export class ServiceTable {
  readonly #settled = new Map<string, Service>();
  readonly #pending = new Map<string, Service | undefined>();
  readonly #claims = new Claims();

  has(key: string): boolean {
    return this.#pending.has(key) ? this.#pending.get(key) !== undefined : this.#settled.has(key);
  }

  put(service: Service): void {
    const settled = this.#settled.get(service.key);
    this.#pending.set(service.key, settled !== undefined && same(settled, service) ? settled : service);
  }

  remove(key: string): void {
    this.#pending.set(key, undefined);
  }

  /**
   * Takes in what is pending, and hands out addresses and ports. Only now: a conflict that comes and goes between
   * two publications, as when a new Service is told before the old one's deletion, is none.
   * Until the first load is complete nothing is in force, and `loading` hands out everything anew: so that the
   * order in which a load arrives decides nothing. Returns the keys for which `granted` may be different.
   */
  settle(loading: boolean): Set<string> {
    const changed = new Set<string>();
    for (const [key, service] of this.#pending) {
      const before = this.#settled.get(key);
      if (before === service) continue;
      this.#claims.change(key, before ? claimsOf(before) : [], service ? claimsOf(service) : []);
      if (service === undefined) this.#settled.delete(key);
      else this.#settled.set(key, service);
      changed.add(key);
    }
    this.#pending.clear();
    this.#claims.settle(loading, changed);
    return changed;
  }

  granted(key: string): { service: Service; problems: readonly Problem[] } | undefined {
    const service = this.#settled.get(key);
    if (service === undefined) return undefined;
    return this.#claims.peaceful ? { service, problems: NONE } : grant(service, this.#claims);
  }
}
