/** Ports whose policy Local leaves them without an endpoint here, while others serve elsewhere. */
import type { Picture } from '../catalog/picture.ts';
import type { Family } from '../net/ip.ts';
import type { SyncReport } from './backend.ts';
import { planService } from './plan/servicePlan.ts';
import type { Synced, SyncListener } from './syncer.ts';

export type PolicySide = 'internal' | 'external';

export interface NoLocalEndpointsOptions {
  readonly nodeName: string;
  /** `namespace/name` */
  readonly dnsService: string;
  readonly families: () => readonly Family[];
}

/** Follows the syncer, so that it counts what packets meet. */
export class NoLocalEndpoints implements SyncListener {
  readonly #options: NoLocalEndpointsOptions;
  /** By `namespace/name`; only Services that have such a port. An item is `FAMILY SIDE`, one for each port. */
  readonly #found = new Map<string, readonly string[]>();

  constructor(options: NoLocalEndpointsOptions) {
    this.#options = options;
  }

  synced(_report: SyncReport, _full: boolean, { picture, changes }: Synced): void {
    if (changes === undefined) this.#found.clear();
    for (const key of changes?.services ?? picture.services.keys()) {
      const found = this.#look(picture, key);
      if (found.length === 0) this.#found.delete(key);
      else this.#found.set(key, found);
    }
  }

  count(family: Family, side: PolicySide): number {
    const item = `${family} ${side}`;
    return [...this.#found.values()].flat().filter((found) => found === item).length;
  }

  #look(picture: Picture, key: string): readonly string[] {
    const entry = picture.services.get(key);
    // Most Services are Cluster on both sides: planning all of them would double what a sync costs.
    if (entry?.service.internalTrafficLocal !== true && entry?.service.externalTrafficLocal !== true)
      return [];
    const { nodeName, dnsService, families } = this.#options;
    const node = {
      name: nodeName,
      zone: picture.node?.zone ?? '',
      addresses: picture.node?.addresses ?? [],
      podCIDRs: picture.node?.podCIDRs ?? [],
    };
    return families().flatMap((family) =>
      planService(entry, family, node, dnsService).flatMap(({ hasEndpoints, hasInternal, hasExternal }) => [
        ...(hasEndpoints && !hasInternal ? [`${family} internal`] : []),
        ...(hasEndpoints && !hasExternal ? [`${family} external`] : []),
      ]),
    );
  }
}
