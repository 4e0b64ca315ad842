/** Questions that every rule about Services asks. */
import { isObject, type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../objects/json.ts';

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export function specOf(service: JsonObject): JsonObject {
  return objectAt(service, 'spec');
}

export function portsOf(spec: JsonObject): readonly JsonObject[] {
  return listAt(spec, 'ports').filter(isObject);
}

export function hasClusterIP(spec: JsonObject): boolean {
  return textAt(spec, 'type') !== 'ExternalName';
}

export function isHeadless(spec: JsonObject): boolean {
  return hasClusterIP(spec) && (textAt(spec, 'clusterIP') || textsAt(spec, 'clusterIPs')[0]) === 'None';
}

export function hasNodePorts(spec: JsonObject): boolean {
  return ['NodePort', 'LoadBalancer'].includes(textAt(spec, 'type'));
}

/** Only then has externalTrafficPolicy a meaning, and a default. */
export function reachedFromOutside(spec: JsonObject): boolean {
  return (
    hasNodePorts(spec) || (textAt(spec, 'type') === 'ClusterIP' && listAt(spec, 'externalIPs').length > 0)
  );
}

export function wantsHealthCheckNodePort(spec: JsonObject): boolean {
  return textAt(spec, 'type') === 'LoadBalancer' && textAt(spec, 'externalTrafficPolicy') === 'Local';
}

/** `30080/TCP`: one number serves each protocol once. */
export function portKey(port: number, protocol: string): string {
  return `${port}/${protocol}`;
}

/** What a Service holds that no other may: its cluster IPs and node ports. */
export function claimsOf(service: JsonObject): readonly string[] {
  const spec = specOf(service);
  const ips = hasClusterIP(spec) && !isHeadless(spec) ? textsAt(spec, 'clusterIPs') : [];
  const nodePorts = portsOf(spec).map(
    (port) => [numberAt(port, 'nodePort'), textAt(port, 'protocol')] as const,
  );
  const healthCheck = [numberAt(spec, 'healthCheckNodePort'), 'TCP'] as const;
  const ports = [...nodePorts, healthCheck].filter(([port]) => port !== 0);
  return [...ips, ...ports.map(([port, protocol]) => portKey(port, protocol))];
}
