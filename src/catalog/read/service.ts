/** A Service record, judged and made canonical. */
import type { Problem } from '../../kube/problem.ts';
import type { IngressRecord, ServiceRecord } from '../../kube/records.ts';
import type { Service, ServicePort } from '../service.ts';
import { distinct, readAddress, readAddresses, readCidrs, readClusterIPs } from './addresses.ts';
import { Findings, quoted } from './findings.ts';
import { canonicalTarget, checkLabel } from './names.ts';
import { isPort, readServicePorts } from './ports.ts';

export interface ServiceReading {
  /** `undefined` when no safe use can be made of the object as a whole. */
  readonly service: Service | undefined;
  readonly problems: readonly Problem[];
}

const TYPES: readonly string[] = [
  'ClusterIP',
  'NodePort',
  'LoadBalancer',
  'ExternalName',
] satisfies Service['type'][];
/** What the API server accepts, and what it fills in. */
const MAX_AFFINITY_SECONDS = 86_400;
const DEFAULT_AFFINITY_SECONDS = 10_800;

/**
 * A bad port, address or prefix costs that one alone. The whole Service is unusable when its name fits no DNS
 * label, its type is unknown, its external name is none, or when it lists clusterIPs or ports and not one is good.
 */
export function readService(record: ServiceRecord, origin?: string): ServiceReading {
  const findings = new Findings(record, origin);
  const named =
    checkLabel(record.namespace, 'metadata.namespace', findings) &&
    checkLabel(record.name, 'metadata.name', findings);
  const service = named ? read(record, findings) : undefined;
  return { service, problems: findings.all() };
}

function read(record: ServiceRecord, findings: Findings): Service | undefined {
  const { type } = record;
  if (!isType(type)) {
    findings.add('spec.type', `${quoted(type)} is not a type of Service`);
    return undefined;
  }
  const externalName = type === 'ExternalName' ? readExternalName(record, findings) : '';
  const headless = type !== 'ExternalName' && record.clusterIPs[0] === 'None';
  const addressed = type !== 'ExternalName' && !headless;
  const clusterIPs = addressed ? readClusterIPs(record.clusterIPs, findings) : [];
  const ports = readServicePorts(record.ports, findings);
  const nothingLeft =
    addressed &&
    ((record.clusterIPs.length > 0 && clusterIPs.length === 0) ||
      (record.ports.length > 0 && ports.length === 0));
  if (externalName === undefined || nothingLeft) return undefined;

  const ranges = readCidrs(record.loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', findings);
  const externalIPs = readAddresses(record.externalIPs, 'spec.externalIPs', findings);
  const reachedFromOutside = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
  const externalTrafficLocal = record.externalTrafficLocal && addressed && reachedFromOutside;
  return {
    namespace: record.namespace,
    name: record.name,
    key: `${record.namespace}/${record.name}`,
    type,
    headless,
    clusterIPs,
    ports,
    externalIPs,
    loadBalancerVIPs: readVIPs(record, ranges, findings),
    loadBalancerSourceRanges: ranges,
    externalName,
    affinitySeconds: readAffinity(record.affinitySeconds, findings),
    externalTrafficLocal,
    internalTrafficLocal: record.internalTrafficLocal,
    healthCheckNodePort:
      type === 'LoadBalancer' && externalTrafficLocal ? readHealthPort(record, ports, findings) : 0,
    routed: clusterIPs.length > 0 && record.proxyName === '',
    mode: readMode(record, findings),
    proxyProtocol: readProxyProtocol(record, findings),
    hasSelector: record.hasSelector,
  };
}

function readMode({ mode }: ServiceRecord, findings: Findings): Service['mode'] {
  if (mode === '' || mode === 'iptables' || mode === 'userspace') return mode;
  findings.add(
    'metadata.annotations[fairlead.dev/mode]',
    `${quoted(mode)} is not iptables or userspace: routed as the node is`,
  );
  return '';
}

function readProxyProtocol({ proxyProtocol }: ServiceRecord, findings: Findings): boolean {
  if (proxyProtocol === '' || proxyProtocol === 'v2') return proxyProtocol === 'v2';
  findings.add(
    'metadata.annotations[fairlead.dev/proxy-protocol]',
    `${quoted(proxyProtocol)} is not v2: endpoints are told no client address`,
  );
  return false;
}

function isType(text: string): text is Service['type'] {
  return TYPES.includes(text);
}

function readExternalName(record: ServiceRecord, findings: Findings): string | undefined {
  const name = canonicalTarget(record.externalName);
  if (name === undefined)
    findings.add('spec.externalName', `${quoted(record.externalName)} is not a DNS name`);
  return name;
}

/** Host names, and addresses that the load balancer handles itself (ipMode Proxy), are not ours to route. */
function readVIPs(record: ServiceRecord, ranges: readonly string[], findings: Findings): readonly string[] {
  const found = record.ingress.map((ingress, i) => {
    const field = `status.loadBalancer.ingress[${i}]`;
    return isVIP(ingress, field, findings) ? readAddress(ingress.ip, `${field}.ip`, findings) : undefined;
  });
  const vips = distinct(found);
  if (vips.length === 0 || ranges.length > 0 || record.loadBalancerSourceRanges.length === 0) return vips;
  // No ranges means open to all: dropping every bad one would open what its owner meant to close.
  findings.add(
    'spec.loadBalancerSourceRanges',
    'holds no usable CIDR: the load balancer addresses are not routed',
  );
  return [];
}

function isVIP(ingress: IngressRecord, field: string, findings: Findings): boolean {
  if (ingress.ip === '' || ingress.ipMode === 'Proxy') return false;
  if (ingress.ipMode === '' || ingress.ipMode === 'VIP') return true;
  findings.add(`${field}.ipMode`, `${quoted(ingress.ipMode)} is not VIP or Proxy`);
  return false;
}

function readAffinity(seconds: number, findings: Findings): number {
  if (seconds === 0 || (Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_AFFINITY_SECONDS))
    return seconds;
  findings.add(
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
    `${seconds} is not 1 to ${MAX_AFFINITY_SECONDS}: ${DEFAULT_AFFINITY_SECONDS} is used`,
  );
  return DEFAULT_AFFINITY_SECONDS;
}

function readHealthPort(record: ServiceRecord, ports: readonly ServicePort[], findings: Findings): number {
  const port = record.healthCheckNodePort;
  const taken = ports.some((other) => other.protocol === 'TCP' && other.nodePort === port);
  if (isPort(port) && !taken) return port;
  const reason = isPort(port) ? 'is a nodePort of this Service too' : 'is not a port (1-65535)';
  findings.add('spec.healthCheckNodePort', `${port} ${reason}: load balancers cannot check this node`);
  return 0;
}
