/** What the API fills in on reading a Service, before anything is allocated. */
import { isList, type Json, type JsonObject, numberAt, objectAt, textAt, withAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import {
  hasClusterIP,
  hasNodePorts,
  portsOf,
  reachedFromOutside,
  specOf,
  wantsHealthCheckNodePort,
} from './spec.ts';

/** Three hours: how long a client stays with its endpoint when the Service does not say. */
const AFFINITY_SECONDS = 10_800;

export function defaultService(service: KubeObject): KubeObject {
  const given = specOf(service);
  const typed = { ...given, type: textAt(given, 'type') || 'ClusterIP' };
  const affinity = textAt(given, 'sessionAffinity') || 'None';
  const spec: JsonObject = {
    ...typed,
    ...(isList(given['ports']) ? { ports: portsOf(given).map(defaultPort) } : {}),
    sessionAffinity: affinity,
    ...(affinity === 'ClientIP' ? { sessionAffinityConfig: affinityConfig(given) } : {}),
    ...when(hasClusterIP(typed), given, 'internalTrafficPolicy', 'Cluster'),
    ...when(reachedFromOutside(typed), given, 'externalTrafficPolicy', 'Cluster'),
    ...when(typed.type === 'LoadBalancer', given, 'allocateLoadBalancerNodePorts', true),
  };
  return { ...service, spec, status: service['status'] ?? { loadBalancer: {} } };
}

function when(applies: boolean, given: JsonObject, field: string, value: Json): JsonObject {
  return applies ? { [field]: given[field] ?? value } : {};
}

function affinityConfig(spec: JsonObject): JsonObject {
  const timeout = objectAt(spec, 'sessionAffinityConfig', 'clientIP')['timeoutSeconds'] ?? AFFINITY_SECONDS;
  return withAt(objectAt(spec, 'sessionAffinityConfig'), ['clientIP', 'timeoutSeconds'], timeout);
}

function defaultPort(port: JsonObject): JsonObject {
  const target = port['targetPort'];
  const targetPort = target === undefined || target === 0 || target === '' ? numberAt(port, 'port') : target;
  return { ...port, protocol: textAt(port, 'protocol') || 'TCP', targetPort };
}

/** Settles what an update leaves open with what the Service had, and drops what belonged to the type it had. */
export function inheritService(service: KubeObject, old: KubeObject | undefined): KubeObject {
  if (old === undefined) return { ...service, spec: withoutForeign(specOf(service), {}) };
  const before = specOf(old);
  const spec = inheritPorts(inheritIPs(specOf(service), before), before);
  return { ...service, spec: withoutForeign(spec, before) };
}

/** Clients may PUT the manifest they created with: what was allocated then stays. */
function inheritIPs(spec: JsonObject, before: JsonObject): JsonObject {
  if (!hasClusterIP(spec) || !hasClusterIP(before)) return spec;
  const ip = textAt(spec, 'clusterIP');
  const ips = isList(spec['clusterIPs']) ? spec['clusterIPs'] : [];
  const was = textAt(before, 'clusterIP');
  const kept = {
    ipFamilyPolicy: spec['ipFamilyPolicy'] ?? before['ipFamilyPolicy'],
    ipFamilies: spec['ipFamilies'] ?? before['ipFamilies'],
  };
  if (ip === '' && ips.length === 0)
    return { ...spec, ...kept, clusterIP: was, clusterIPs: before['clusterIPs'] };
  if (ips.length === 0 && ip === was) return { ...spec, ...kept, clusterIPs: before['clusterIPs'] };
  // A client older than dual stack changed the one field that it knows.
  if (ip !== was && ips[0] === was) return { ...spec, ...kept, clusterIPs: ip === '' ? [] : [ip] };
  return { ...spec, ...kept };
}

function inheritPorts(spec: JsonObject, before: JsonObject): JsonObject {
  if (!hasNodePorts(spec) || !hasNodePorts(before)) return spec;
  const health = numberAt(spec, 'healthCheckNodePort') || numberAt(before, 'healthCheckNodePort');
  const ports = portsOf(spec).map((port) => {
    const was = portsOf(before).find(
      (one) => one['port'] === port['port'] && one['protocol'] === port['protocol'],
    );
    return numberAt(port, 'nodePort') === 0 && was !== undefined
      ? { ...port, nodePort: was['nodePort'] }
      : port;
  });
  return { ...spec, ports, ...(health === 0 ? {} : { healthCheckNodePort: health }) };
}

/** A patch of the type alone must do, so what only the old type had goes with it. */
function withoutForeign(spec: JsonObject, before: JsonObject): JsonObject {
  const gone = new Set<string>();
  if (!hasClusterIP(spec)) {
    for (const field of ['ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) gone.add(field);
    if (spec['clusterIP'] === before['clusterIP']) gone.add('clusterIP').add('clusterIPs');
  }
  if (!wantsHealthCheckNodePort(spec)) gone.add('healthCheckNodePort');
  if (!reachedFromOutside(spec)) gone.add('externalTrafficPolicy');
  if (textAt(spec, 'type') !== 'LoadBalancer')
    gone.add('allocateLoadBalancerNodePorts').add('loadBalancerClass');
  if (textAt(spec, 'sessionAffinity') === 'None') gone.add('sessionAffinityConfig');
  const kept = Object.fromEntries(Object.entries(spec).filter(([field]) => !gone.has(field)));
  if (hasNodePorts(spec) || !hasNodePorts(before)) return kept;
  return { ...kept, ports: portsOf(spec).map((port) => withAt(port, ['nodePort'], undefined)) };
}
