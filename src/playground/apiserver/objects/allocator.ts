import type { KubeObject } from './object.ts';

/** What a kind needs beyond its row because it depends on all other objects: cluster IPs, node ports. */
export interface Allocator {
  /** The object with all that was left to the server. Throws a 422. Reserves nothing. */
  complete(object: KubeObject, old: KubeObject | undefined): KubeObject;
  /** Told what is stored now, and what was: takes and gives back accordingly. */
  settle(now: KubeObject | undefined, old: KubeObject | undefined): void;
}
