/** The best way to the kernel's flows that this machine has. */
import type { Exec } from '../../host/exec.ts';
import { NoNetlinkError } from '../../host/netlink/netlinkError.ts';
import type { Log } from '../../telemetry/log.ts';
import type { FlowTable } from './flowTable.ts';
import { ProgramFlowTable } from './programTable.ts';

export interface FlowTableOptions {
  /** Rejects with NoNetlinkError where it can never work. */
  readonly netlink: FlowTable;
  readonly exec: Exec;
  readonly log: Log;
}

/**
 * Netlink, or from its first NoNetlinkError on the `conntrack` program. The program reads the whole table for each
 * deletion: with some thousand stale flows it takes minutes.
 */
export function createFlowTable({ netlink, exec, log }: FlowTableOptions): FlowTable {
  let table = netlink;
  return {
    async deleteFlows(family, protocol, stale) {
      try {
        return await table.deleteFlows(family, protocol, stale);
      } catch (error) {
        if (table !== netlink || !(error instanceof NoNetlinkError)) throw error;
        table = new ProgramFlowTable(exec);
        log.warn({}, `stale flows are deleted by the conntrack program, slowly: ${error.message}`);
        return table.deleteFlows(family, protocol, stale);
      }
    },
  };
}
