/** The endpoints that a port's traffic may use, with the one exception that routing makes: the DNS Service. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import {
  endpointsOfPort,
  type Selection,
  selectEndpoints,
  type TrafficPolicy,
} from '../../catalog/selection.ts';
import type { PortEndpoint } from '../../catalog/portEndpoint.ts';
import type { NodeTopology } from '../../catalog/topology.ts';
import type { ServicePort } from '../../catalog/service.ts';
import type { Family } from '../../net/ip.ts';

export function choose(
  entry: ServiceEntry,
  family: Family,
  port: ServicePort,
  policy: TrafficPolicy,
  node: NodeTopology,
  dnsService: string,
): Selection {
  const endpoints = endpointsOfPort(entry.groups, family, port.name, port.protocol);
  const selection = selectEndpoints(endpoints, policy, node);
  return entry.service.key === dnsService ? wayOut(selection, endpoints, policy, node) : selection;
}

/**
 * The agent answers the DNS Service itself while it lives, without these rules. They carry queries only when it
 * is dead, so traffic under policy Cluster must not be sent to the dead one as long as another node answers.
 * Policy Local keeps its meaning: it asks for this node or nothing.
 */
function wayOut(
  selection: Selection,
  endpoints: readonly PortEndpoint[],
  policy: TrafficPolicy,
  node: NodeTopology,
): Selection {
  const elsewhere = endpoints.filter((endpoint) => !endpoint.local);
  const { cluster } = selectEndpoints(elsewhere, { usesCluster: policy.usesCluster, usesLocal: false }, node);
  if (cluster.length === 0) return selection;
  const reachable = new Map([...cluster, ...selection.local].map((endpoint) => [endpoint.text, endpoint]));
  // Byte order, as everywhere: the texts are ASCII, so the default comparison is it.
  const sorted = [...reachable.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
  return { ...selection, cluster, reachable: sorted };
}
