import type { Clock } from '../../../host/clock.ts';
import type { Allocator } from '../objects/allocator.ts';

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
