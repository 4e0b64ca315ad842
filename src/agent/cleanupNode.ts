/** Takes everything of ours out of the kernel, with no agent running. */
import { createNodeDns } from '../dns/node/createNodeDns.ts';
import type { Clock } from '../host/clock.ts';
import type { Exec } from '../host/exec.ts';
import { FAMILIES } from '../net/ip.ts';
import { cleanupIptables } from '../proxy/iptables/cleanup.ts';
import { installedVariants, toolsOf } from '../proxy/iptables/kernel/tools.ts';
import type { Log } from '../telemetry/log.ts';

export interface CleanupHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rules of every installed backend, whichever one the agent used, and what the DNS half put on the node. */
export async function cleanupNode({ exec, clock, log }: CleanupHost): Promise<void> {
  await cleanupIptables(exec, clock);
  for (const installed of await installedVariants(exec)) {
    const programs = FAMILIES.map((family) => toolsOf(installed, family));
    await createNodeDns({ exec, clock, log, listener: NO_SOCKETS, programs }).cleanup();
  }
}

/** They died with the agent. */
const NO_SOCKETS = {
  listen: (): Promise<void> => Promise.resolve(),
  unlisten: (): Promise<void> => Promise.resolve(),
};
