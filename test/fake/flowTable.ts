import type { Family } from '../../src/net/ip.ts';
import type { Deletion, Flow, FlowProtocol, FlowTable } from '../../src/proxy/conntrack/flowTable.ts';

/** Flows in memory. */
export class FakeFlowTable implements FlowTable {
  /** Of UDP. */
  readonly flows: Record<Family, Flow[]> = { IPv4: [], IPv6: [] };
  readonly connections: Record<Family, Flow[]> = { IPv4: [], IPv6: [] };
  /** Families as their UDP flows were looked through. */
  readonly looks: Family[] = [];
  /** Families as their TCP flows were. */
  readonly connectionLooks: Family[] = [];
  /** Rejects with it. */
  error = '';
  /** Deletes none, and says this. */
  refused = '';
  /** Every look waits for it. */
  gate: Promise<void> = Promise.resolve();

  async deleteFlows(
    family: Family,
    protocol: FlowProtocol,
    stale: (flow: Flow) => boolean,
  ): Promise<Deletion> {
    const [looks, flows] =
      protocol === 'UDP' ? [this.looks, this.flows] : [this.connectionLooks, this.connections];
    looks.push(family);
    await this.gate;
    if (this.error !== '') throw new Error(this.error);
    if (this.refused !== '') return { deleted: 0, refused: this.refused };
    const kept = flows[family].filter((flow) => !stale(flow));
    const deleted = flows[family].length - kept.length;
    flows[family] = kept;
    return { deleted, refused: '' };
  }
}
