/** How far the agent has come. Times are milliseconds since the epoch; 0 before. */
import type { Family } from '../net/ip.ts';
import type { SyncReport } from '../proxy/backend.ts';

export interface Progress {
  readonly startedAt: number;
  /** Services and EndpointSlices had been read whole. */
  readonly sourceSyncedAt: number;
  /** What an earlier agent knew was taken over, as the source could not be read. */
  readonly restoredAt: number;
  /** Rules last matched the picture. */
  readonly rulesSyncedAt: number;
  /** The same of each family alone; absent before. */
  readonly familySyncedAt: ReadonlyMap<Family, number>;
  readonly lastSync: { readonly report: SyncReport; readonly full: boolean } | undefined;
  /** What others had done to our rules when that was last found. */
  readonly lastRepair: { readonly at: number; readonly lines: readonly string[] } | undefined;
  /** Each address for DNS has been tried once. */
  readonly opened: boolean;
  readonly stopping: boolean;
}
