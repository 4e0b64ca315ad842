import type { DnsService } from '../../dns/service.ts';
import type { Problem } from '../../kube/problem.ts';
import type { ProblemsByOwner } from '../reports/problemReporter.ts';

/** What keeps upstream servers from being asked, as problems of this Node: its resolv.conf names most of them. */
export function upstreamProblems(dns: Pick<DnsService, 'state'>, nodeName: string): ProblemsByOwner {
  const object = { kind: 'Node', namespace: '', name: nodeName };
  const problems = (dns.state().forwarder?.problems ?? []).map(
    (message): Problem => ({ object, field: '', message, reason: 'UpstreamDNSUnusable' }),
  );
  return new Map([['upstreams', problems]]);
}
