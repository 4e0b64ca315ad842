/** What the tables of one family went through, for whoever shows it. */
import type { RestoreError, RestoreFailure } from '../kernel/restore.ts';
import type { Table } from '../rules/rule.ts';
import type { Finding } from './findings.ts';

/** Why something had to be put right. */
export type RepairReason = 'missing_chain' | 'changed_chain' | 'leftover_chain' | 'missing_jump';

export class FamilyCounters {
  /** Restore commands of syncs, failed ones included; those that look for a culprit are not. */
  restores = 0;
  readonly failures: Record<RestoreFailure, number> = { locked: 0, exhausted: 0, refused: 0 };
  /** Of the failures, those in syncs of changes. */
  partialFailures = 0;
  readonly repairs: Record<RepairReason, number> = {
    missing_chain: 0,
    changed_chain: 0,
    leftover_chain: 0,
    missing_jump: 0,
  };
  /** Rules in chains of ours, as the last sync left them. */
  rules: Readonly<Record<Table, number>> = { nat: 0, filter: 0 };
  /** Of these, those that the last sync wrote. */
  written: Readonly<Record<Table, number>> = { nat: 0, filter: 0 };

  failed({ kind }: RestoreError, full: boolean): void {
    this.failures[kind] += 1;
    if (!full) this.partialFailures += 1;
  }

  repaired({ missing, different, leftOver, jumps }: Finding): void {
    this.repairs.missing_chain += missing;
    this.repairs.changed_chain += different;
    this.repairs.leftover_chain += leftOver;
    this.repairs.missing_jump += jumps;
  }
}
