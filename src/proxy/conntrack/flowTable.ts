/** The UDP flows that the kernel tracks, as reconciliation sees them. */
import type { Family } from '../../net/ip.ts';

/** Where packets were sent to, and who answers: the endpoint, or the same again when no rule translated it. */
export interface Flow {
  /** Canonical. */
  readonly destination: string;
  readonly destinationPort: number;
  /** Canonical. */
  readonly replySource: string;
  readonly replySourcePort: number;
}

export interface FlowTable {
  /**
   * Deletes the UDP flows of a family that `stale` picks, and no others. The flow it is shown is its only during
   * the call. Rejects when the table cannot be read.
   */
  deleteUdp(family: Family, stale: (flow: Flow) => boolean): Promise<Deletion>;
}

export interface Deletion {
  readonly deleted: number;
  /** Why some that should be gone are not; empty when all are. */
  readonly refused: string;
}
