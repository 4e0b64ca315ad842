/** The flows that the kernel tracks, as reconciliation sees them. */
import type { Family } from '../../net/ip.ts';

/** Where packets were sent to, and who answers: the endpoint, or the same again when no rule translated it. */
export interface Flow {
  /** Canonical. */
  readonly destination: string;
  readonly destinationPort: number;
  /** Canonical. */
  readonly replySource: string;
  readonly replySourcePort: number;
  /** Packets have come back. */
  readonly answered: boolean;
}

export type FlowProtocol = 'TCP' | 'UDP';

export interface FlowTable {
  /**
   * Deletes the flows of a family and protocol that `stale` picks, and no others. The flow it is shown is its only
   * during the call. Rejects when the table cannot be read.
   */
  deleteFlows(family: Family, protocol: FlowProtocol, stale: (flow: Flow) => boolean): Promise<Deletion>;
}

export interface Deletion {
  readonly deleted: number;
  /** Why some that should be gone are not; empty when all are. */
  readonly refused: string;
}
