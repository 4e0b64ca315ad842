/** Records with everything filled in, so that a test says only what it is about. */
import type {
  EndpointRecord,
  EndpointSliceRecord,
  NamespaceRecord,
  NodeRecord,
  PodRecord,
  ServicePortRecord,
  ServiceRecord,
} from '../../src/kube/records.ts';

/** `key` is `namespace/name`. A ClusterIP Service with the port `http` 80, and no address. */
export function serviceRecord(key: string, fields: Partial<ServiceRecord> = {}): ServiceRecord {
  return {
    kind: 'Service',
    ...split(key),
    type: 'ClusterIP',
    clusterIPs: [],
    ports: [portRecord()],
    externalIPs: [],
    ingress: [],
    loadBalancerSourceRanges: [],
    externalName: '',
    affinitySeconds: 0,
    externalTrafficLocal: false,
    internalTrafficLocal: false,
    healthCheckNodePort: 0,
    proxyName: '',
    mode: '',
    proxyProtocol: '',
    hasSelector: true,
    ...fields,
  };
}

export function portRecord(fields: Partial<ServicePortRecord> = {}): ServicePortRecord {
  return { name: 'http', protocol: 'TCP', port: 80, nodePort: 0, ...fields };
}

/** `key` is `namespace/service-suffix`: an IPv4 slice of that Service with the port `http` 8080. */
export function sliceRecord(key: string, fields: Partial<EndpointSliceRecord> = {}): EndpointSliceRecord {
  const ref = split(key);
  return {
    kind: 'EndpointSlice',
    ...ref,
    serviceName: ref.name.replace(/-[^-]*$/, ''),
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: [],
    triggeredAt: 0,
    fromEndpoints: false,
    ...fields,
  };
}

/** Ready, on no node. */
export function endpointRecord(address: string, fields: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    address,
    ready: true,
    serving: true,
    terminating: false,
    hostname: '',
    nodeName: '',
    zone: '',
    zoneHints: [],
    nodeHints: [],
    podName: '',
    ...fields,
  };
}

export function nodeRecord(name: string, fields: Partial<NodeRecord> = {}): NodeRecord {
  return {
    kind: 'Node',
    namespace: '',
    name,
    addresses: [],
    podCIDRs: [],
    zone: '',
    leaving: false,
    ...fields,
  };
}

export function namespaceRecord(name: string): NamespaceRecord {
  return { kind: 'Namespace', namespace: '', name };
}

export function podRecord(key: string, fields: Partial<PodRecord> = {}): PodRecord {
  return {
    kind: 'Pod',
    ...split(key),
    ips: [],
    nodeName: 'n1',
    hostNetwork: false,
    ended: false,
    clusterSearch: true,
    ...fields,
  };
}

function split(key: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
