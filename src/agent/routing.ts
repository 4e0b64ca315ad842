/** The routing half as the agent holds it, whatever the mode. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Problem } from '../kube/problem.ts';
import type { BackendState, Mode, SyncReport } from '../proxy/backend.ts';

export interface Routing {
  /** Asks for what changed to be programmed, soon; `undefined` for everything. */
  queue(picture: Picture, changes: ChangeSet | undefined): void;
  state(): RoutingState;
  /** Lets a sync under way end; rules stay. */
  stop(): Promise<void>;
}

export interface RoutingState {
  readonly mode: Mode;
  readonly backend: BackendState;
  /** Milliseconds that the oldest change has waited to be programmed; 0 when none waits. */
  readonly waitingMs: number;
  /** Why the last sync failed; empty when it did not. */
  readonly error: string;
  /** Objects that the kernel would not take. */
  readonly setAside: readonly Problem[];
}

/** What the agent wants to know of a sync. */
export interface RoutingListener {
  /** `full`: everything was looked at, not only what changed. */
  synced(report: SyncReport, full: boolean): void;
  failed(error: Error): void;
}
