import type { Family } from '../../src/net/ip.ts';
import type { Deletion, Flow, FlowTable } from '../../src/proxy/conntrack/flowTable.ts';

/** Flows in memory. */
export class FakeFlowTable implements FlowTable {
  readonly flows: Record<Family, Flow[]> = { IPv4: [], IPv6: [] };
  /** Families as they were looked through. */
  readonly looks: Family[] = [];
  /** Rejects with it. */
  error = '';
  /** Deletes none, and says this. */
  refused = '';
  /** Every look waits for it. */
  gate: Promise<void> = Promise.resolve();

  async deleteUdp(family: Family, stale: (flow: Flow) => boolean): Promise<Deletion> {
    this.looks.push(family);
    await this.gate;
    if (this.error !== '') throw new Error(this.error);
    if (this.refused !== '') return { deleted: 0, refused: this.refused };
    const kept = this.flows[family].filter((flow) => !stale(flow));
    const deleted = this.flows[family].length - kept.length;
    this.flows[family] = kept;
    return { deleted, refused: '' };
  }
}
