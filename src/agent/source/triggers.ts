/** When the changes that we take over began: at a pod, seconds before they reached us. */
import type { EndpointGroup } from '../../catalog/endpoint.ts';
import type { ChangeSet, Picture } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';

export interface Trigger {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly family: Family;
  readonly headless: boolean;
}

/** Finds the trigger times that a publication brought, each once. */
export class Triggers {
  readonly #startedAt: number;
  readonly #told = new WeakSet<EndpointGroup>();

  /** Changes older than `startedAt`, in milliseconds since the epoch, say how long we were away and nothing else. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  fresh(picture: Picture, changes: ChangeSet): Trigger[] {
    const found: Trigger[] = [];
    for (const key of changes.services) {
      const entry = picture.services.get(key);
      for (const group of entry?.groups ?? []) {
        if (group.triggeredAt < this.#startedAt || this.#told.has(group)) continue;
        this.#told.add(group);
        found.push({
          at: group.triggeredAt,
          family: group.family,
          headless: entry?.service.headless === true,
        });
      }
    }
    return found;
  }
}
