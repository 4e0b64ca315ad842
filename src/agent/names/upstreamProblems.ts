import type { Problem } from '../../kube/problem.ts';
import type { Names } from '../parts.ts';
import type { ProblemsByOwner } from '../reports/problemReporter.ts';

/** What keeps upstream servers from being asked, as problems of this Node: its resolv.conf names most of them. */
export function upstreamProblems({ dns }: Pick<Names, 'dns'>, nodeName: string): ProblemsByOwner {
  const object = { kind: 'Node', namespace: '', name: nodeName };
  const problems = (dns.state().forwarder?.problems ?? []).map(
    (message): Problem => ({ object, field: '', message, reason: 'UpstreamDNSUnusable' }),
  );
  return new Map([['upstreams', problems]]);
}
