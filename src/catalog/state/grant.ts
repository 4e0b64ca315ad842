/** A Service with what it holds of what it claims. */
import type { Problem } from '../../kube/problem.ts';
import type { Service, ServicePort } from '../service.ts';

/** Tells who holds a claim; see `Claims`. */
interface Holders {
  holder(claim: string): string | undefined;
}

/** What only one Service can have: its clusterIPs, its node ports, and its health check port, which is one too. */
export function claimsOf(service: Service): readonly string[] {
  const nodePorts = service.ports.filter((port) => port.nodePort !== 0).map(nodePortClaim);
  const health = service.healthCheckNodePort === 0 ? [] : [healthClaim(service)];
  return [...service.clusterIPs, ...nodePorts, ...health];
}

/**
 * The Service without what another one holds: it keeps its other address and its other ports. Without any address
 * left it is not routed, and its name has no data, until the holder lets go.
 */
export function grant(
  service: Service,
  holders: Holders,
): { service: Service; problems: readonly Problem[] } {
  const lost = claimsOf(service).filter((claim) => holders.holder(claim) !== service.key);
  if (lost.length === 0) return { service, problems: [] };
  const clusterIPs = service.clusterIPs.filter((address) => !lost.includes(address));
  const granted: Service = {
    ...service,
    clusterIPs,
    ports: service.ports.map((port) =>
      lost.includes(nodePortClaim(port)) ? { ...port, nodePort: 0 } : port,
    ),
    healthCheckNodePort: lost.includes(healthClaim(service)) ? 0 : service.healthCheckNodePort,
    routed: service.routed && clusterIPs.length > 0,
  };
  return { service: granted, problems: lost.map((claim) => taken(service, claim, holders)) };
}

function taken(service: Service, claim: string, holders: Holders): Problem {
  const { namespace, name } = service;
  const message = `${claim} is in use by Service ${holders.holder(claim) ?? ''}`;
  return { object: { kind: 'Service', namespace, name }, field: fieldOf(service, claim), message };
}

function fieldOf(service: Service, claim: string): string {
  if (service.clusterIPs.includes(claim)) return 'spec.clusterIPs';
  return service.ports.some((port) => nodePortClaim(port) === claim)
    ? 'spec.ports.nodePort'
    : 'spec.healthCheckNodePort';
}

function nodePortClaim(port: ServicePort): string {
  return `${port.nodePort}/${port.protocol}`;
}

/** The health check listens on TCP, on every node. */
function healthClaim(service: Service): string {
  return `${service.healthCheckNodePort}/TCP`;
}
