/** What every mode is to the rest of the agent: something that makes the node route as the picture says. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Problem } from '../kube/problem.ts';
import type { Family } from '../net/ip.ts';
import type { Watch } from '../netfilter/holding.ts';

export type Mode = 'iptables' | 'userspace';

export interface Backend {
  readonly mode: Mode;
  /**
   * Brings the node from what the last successful call left to `picture`. `changes` names what differs since
   * then; `undefined` means everything must be looked at (start, after a failure, after a foreign flush).
   * Rejects when the node could not be brought there in any family; what was programmed before then still stands.
   */
  sync(picture: Picture, changes: ChangeSet | undefined): Promise<SyncReport>;
  /** Removes all that is ours from the kernel, and nothing else. */
  cleanup(): Promise<void>;
  /** For `status`. */
  describe(): BackendState;
  /**
   * Calls `onForeign`, until stopped, when somebody else was at what is ours in the kernel, with what shows it.
   * To be called after the first sync. `undefined` where nothing watches.
   */
  watch?(onForeign: (what: string) => void): Promise<Watch | undefined>;
}

export interface SyncReport {
  /** Services whose rules were written or removed. */
  readonly services: number;
  readonly restores: number;
  readonly milliseconds: number;
  /** Objects the kernel would not take; the others are in. */
  readonly setAside: readonly Problem[];
  /** Chains and rules that somebody else had removed or changed, and that were put right: one line a table. */
  readonly repairs?: readonly string[];
  /** Those of which rules that translate were missing or wrong until now: what came meanwhile went untranslated. */
  readonly lacked?: readonly Family[];
  /** Those that are as they should be. */
  readonly byFamily: readonly FamilyOutcome[];
  /** Those that are not; they are tried again with the first sync after their time. */
  readonly failing?: readonly FailingFamily[];
}

export interface FailingFamily {
  readonly family: Family;
  readonly error: Error;
  /** Milliseconds until it is worth trying. */
  readonly retryMs: number;
}

export interface FamilyOutcome {
  readonly family: Family;
  /** Everything was looked at, not only what changed. */
  readonly full: boolean;
  /** From the start of the sync until this family was as it should be. */
  readonly milliseconds: number;
}

export interface BackendState {
  /** For example `nf_tables`, `legacy`. */
  readonly variant: string;
  readonly families: readonly Family[];
  readonly services: number;
  readonly rules: number;
}
