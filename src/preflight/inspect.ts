/** From facts to findings: every check, in the order of a reader who asks "what is here, and what is in the way?". */
import { checkAccess } from './checks/access.ts';
import { checkChanges } from './checks/changes.ts';
import { checkDns } from './checks/dns.ts';
import { checkIptables } from './checks/iptables.ts';
import { checkKernel } from './checks/kernel.ts';
import { checkPorts } from './checks/ports.ts';
import { checkProxy } from './checks/proxy.ts';
import { checkRanges } from './checks/ranges.ts';
import { checkReplacements } from './checks/replacements.ts';
import type { Facts } from './facts.ts';
import { type Finding, ok } from './finding.ts';

export async function inspect(facts: Facts): Promise<readonly Finding[]> {
  const checks = [checkKernel, checkIptables, checkAccess, checkProxy, checkReplacements];
  const more = [checkRanges, checkPorts, checkDns];
  return [
    ...scope(facts),
    ...checks.flatMap((check) => check(facts)),
    ...more.flatMap((check) => check(facts)),
    ...(await checkChanges(facts)),
  ];
}

/** What was left out is no reason for alarm, but must not look as if it were fine. */
function scope({ node, cluster }: Facts): Finding[] {
  const findings = [];
  if (node.kind === 'absent') {
    findings.push(ok('scope', 'the cluster only', 'run it on a node as well, as root'));
  }
  if (cluster.kind === 'absent') {
    findings.push(ok('scope', 'this node only', 'with --kubeconfig the cluster is looked at as well'));
  }
  return findings;
}
