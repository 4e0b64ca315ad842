import type { Clock } from '../../../host/clock.ts';
import type { KubeObject } from '../objects/object.ts';

/** What a kind needs beyond its row because it depends on all other objects: cluster IPs, node ports. */
export interface Allocator {
  /** The object with all that was left to the server. Throws a 422. Reserves nothing. */
  complete(object: KubeObject, old: KubeObject | undefined): KubeObject;
  /** Told what is stored now, and what was: takes and gives back accordingly. */
  settle(now: KubeObject | undefined, old: KubeObject | undefined): void;
}

export interface RegistrySettings {
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
  /** By plural name. */
  readonly allocators: ReadonlyMap<string, Allocator>;
  /** Kubelets run: the deletion of a Pod on a node waits for one to confirm it. */
  readonly kubelets: boolean;
  /** In [0, 1). */
  readonly random: () => number;
}
