/** What kube-proxy leaves on a node where it ran in one of its other modes. */
import type { Exec } from '../../host/exec.ts';
import type { Log } from '../../telemetry/log.ts';

const TABLES = ['ip kube-proxy', 'ip6 kube-proxy'] as const;
const IPVS_DEVICE = 'kube-ipvs0';

/**
 * Removes the tables of its nftables mode. To be called once our rules are in: connections that theirs have
 * rewritten live on in connection tracking, and no new one is left without rules. ipvs is only told of, because
 * it may be somebody else's load balancer too.
 */
export async function removeOtherModes(exec: Exec, log: Log): Promise<void> {
  for (const table of TABLES) {
    // Each by its name: to list all tables, nft reads every rule of ours first, 12 s of them at 10,000 Services.
    const listed = await exec.run(['nft', 'list', 'table', ...table.split(' ')], {
      onStdout: () => undefined,
    });
    if (listed.code !== 0) continue;
    const deleted = await exec.run(['nft', 'delete', 'table', ...table.split(' ')]);
    if (deleted.code === 0) log.info({}, `removed table ${table}, left by kube-proxy in its nftables mode`);
    else log.warn({ error: deleted.stderr.trim() }, `table ${table} of kube-proxy cannot be removed`);
  }
  if ((await exec.run(['ip', 'link', 'show', IPVS_DEVICE])).code === 0) {
    log.warn({}, `${IPVS_DEVICE} is left by kube-proxy in its ipvs mode: run kube-proxy --cleanup once`);
  }
}
