/** Takes everything of ours out of the kernel, with no agent running. */
import { createNodeDns } from '../dns/node/createNodeDns.ts';
import { CHAIN } from '../dns/node/rules.ts';
import { NodeTables } from '../dns/node/tables.ts';
import { loopbackAddresses } from '../host/addresses.ts';
import type { Clock } from '../host/clock.ts';
import type { Exec } from '../host/exec.ts';
import { FAMILIES } from '../net/ip.ts';
import { cleanupIptables } from '../proxy/iptables/cleanup.ts';
import { installedVariants, toolsOf } from '../proxy/iptables/kernel/tools.ts';
import type { Log } from '../telemetry/log.ts';
import { removeRelayAddresses } from './routing/relayAddresses.ts';

export interface CleanupHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Rules of every installed backend, whichever one the agent used, what the DNS half put on the node, and addresses of
 * relays. The sets go after all rules: the kernel keeps one that any rule still names.
 */
export async function cleanupNode({ exec, clock, log }: CleanupHost): Promise<void> {
  await cleanupIptables(exec, clock);
  await removeDnsRules(exec);
  await createNodeDns({ exec, clock, log, listener: NO_SOCKETS, programs: [] }).cleanup();
  await removeRelayAddresses(loopbackAddresses(exec, 'relay'));
}

async function removeDnsRules(exec: Exec): Promise<void> {
  for (const installed of await installedVariants(exec)) {
    for (const family of FAMILIES) {
      const tools = toolsOf(installed, family);
      // Without naming a table: asking for one that is not there would load it into the kernel.
      const { stdout } = await exec.run([tools.save]);
      if (stdout.includes(`:${CHAIN} `)) await new NodeTables(exec, tools).remove();
    }
  }
}

/** They died with the agent. */
const NO_SOCKETS = {
  listen: (): Promise<void> => Promise.resolve(),
  unlisten: (): Promise<void> => Promise.resolve(),
};
