/** Removing all that is ours from the kernel. */
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import { FAMILIES } from '../../net/ip.ts';
import { ownFirewallJumps, presentJumps } from './family/builtin.ts';
import { Breather } from './kernel/breather.ts';
import { dropChains } from './kernel/drop.ts';
import type { Dump } from './kernel/dump.ts';
import { save } from './kernel/save.ts';
import { batchingFor, partOf, RestoreSession } from './kernel/session.ts';
import { installedVariants, type Tools, toolsOf } from './kernel/tools.ts';
import { isServiceChain, KUBELET_FIREWALL } from './rules/names.ts';
import type { Table } from './rules/rule.ts';

/** Removes all rules of mode `iptables`, whichever backend holds them; needs no agent. */
export async function cleanupIptables(exec: Exec, clock: Clock): Promise<void> {
  for (const installed of await installedVariants(exec)) {
    for (const family of FAMILIES) {
      const tools = toolsOf(installed, family);
      // A backend that cannot even be read, such as IPv6 on a kernel without it, holds nothing of ours.
      const dump = await save(exec, tools).catch(() => undefined);
      if (dump !== undefined) await removeOurs(exec, tools, dump, clock);
    }
  }
}

/** Removes all rules of mode `iptables` that one set of tools sees. */
export async function cleanupTables(exec: Exec, tools: Tools, clock: Clock): Promise<void> {
  await removeOurs(exec, tools, await save(exec, tools), clock);
}

const TABLES = ['nat', 'filter'] as const;

/**
 * Chains that rules of others still jump to stay: a Service's without rules, because these jump to chains that go;
 * KUBE-MARK-MASQ and the like, which network plugins use, as they are.
 */
async function removeOurs(exec: Exec, tools: Tools, dump: Dump, clock: Clock): Promise<void> {
  const session = new RestoreSession(exec, tools, batchingFor(tools), new Breather(clock));
  const firewall = ownFirewallJumps(dump);
  const jumps = [...presentJumps(dump), ...(firewall ?? [])];
  for (const { table, from, rule } of jumps) session.line(partOf(table), `-D ${from} ${rule}`);
  const targets = jumps.map(({ table, target }) => `${table} ${target}`);
  const keep = wantedByOthers(dump, targets);
  if (firewall !== undefined && !keep.has(`filter ${KUBELET_FIREWALL}`))
    session.drop('after', KUBELET_FIREWALL);
  for (const table of TABLES) {
    const names = ours(dump, table).filter((name) => isServiceChain(name) || !keep.has(`${table} ${name}`));
    await dropChains(session, table, names, (name) => keep.has(`${table} ${name}`));
  }
  await session.flush();
}

function ours(dump: Dump, table: Table): readonly string[] {
  const keys = [...dump.ours.keys()].filter((key) => key.startsWith(`${table} `));
  return keys.map((key) => key.slice(key.indexOf(' ') + 1));
}

function wantedByOthers(dump: Dump, ourTargets: readonly string[]): ReadonlySet<string> {
  const counts = new Map(dump.references);
  for (const target of ourTargets) counts.set(target, (counts.get(target) ?? 0) - 1);
  return new Set([...counts].filter(([, count]) => count > 0).map(([key]) => key));
}
