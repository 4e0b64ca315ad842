/** What a load balancer is told that asks this node about a Service under externalTrafficPolicy Local. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import { FAMILIES, type Family, familyOf } from '../../net/ip.ts';

export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Ready endpoints on this node, in each family that the Service has a clusterIP of. */
  readonly localReady: ReadonlyMap<Family, number>;
}

/** `undefined` for a Service that is not checked, or not routed here. */
export function healthCheckOf({ service, groups }: ServiceEntry): HealthCheck | undefined {
  const { namespace, name, healthCheckNodePort: port } = service;
  if (port === 0 || !service.routed) return undefined;
  const families = FAMILIES.filter((family) => service.clusterIPs.some((ip) => familyOf(ip) === family));
  const localReady = families.map((family) => [family, countLocalReady(groups, family)] as const);
  return { namespace, name, port, localReady: new Map(localReady) };
}

/**
 * Addresses, each once however many ports and slices have it. One that is terminating never counts, so that load
 * balancers look elsewhere while it still serves what they have sent.
 */
function countLocalReady(groups: ServiceEntry['groups'], family: Family): number {
  const endpoints = groups.filter((group) => group.family === family).flatMap((group) => group.endpoints);
  const ready = endpoints.filter(({ local, ready, terminating }) => local && ready && !terminating);
  return new Set(ready.map(({ address }) => address)).size;
}
