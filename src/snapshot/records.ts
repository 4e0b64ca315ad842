/**
 * The picture as the records that it would be read from again. Records themselves are not kept, which would cost
 * each node half as much memory again; what the catalog found unusable in them is left out.
 */
import type { Endpoint, EndpointGroup } from '../catalog/endpoint.ts';
import type { Picture, ThisNode } from '../catalog/picture.ts';
import type { Service } from '../catalog/service.ts';
import type {
  EndpointRecord,
  EndpointSliceRecord,
  NodeRecord,
  ObjectRecord,
  ServiceRecord,
} from '../kube/records.ts';

/**
 * Without Pods: their names wait for the API server, as an address may have gone to another pod. May be taken
 * from over many turns of the event loop, while the picture changes: each Service is whole.
 */
export function* recordsOf(picture: Picture): Generator<ObjectRecord, void, undefined> {
  if (picture.node !== undefined) yield nodeRecord(picture.node);
  for (const name of picture.namespaces) yield { kind: 'Namespace', namespace: '', name };
  for (const { service, groups } of picture.services.values()) {
    yield serviceRecord(service);
    for (const group of groups) yield sliceRecord(service, group);
  }
}

function nodeRecord({ name, addresses, podCIDRs, zone, leaving }: ThisNode): NodeRecord {
  return { kind: 'Node', namespace: '', name, addresses, podCIDRs, zone, leaving };
}

function serviceRecord(service: Service): ServiceRecord {
  const { key: _, headless, loadBalancerVIPs, routed, proxyProtocol, ...alike } = service;
  return {
    ...alike,
    kind: 'Service',
    clusterIPs: headless ? ['None'] : service.clusterIPs,
    ingress: loadBalancerVIPs.map((ip) => ({ ip, ipMode: 'VIP' })),
    // Which other proxy routes it is no matter.
    proxyName: !routed && service.clusterIPs.length > 0 ? 'other' : '',
    proxyProtocol: proxyProtocol ? 'v2' : '',
  };
}

function sliceRecord(service: Service, group: EndpointGroup): EndpointSliceRecord {
  return {
    kind: 'EndpointSlice',
    namespace: service.namespace,
    name: group.name,
    serviceName: service.name,
    addressType: group.family,
    ports: group.ports,
    endpoints: group.endpoints.map(endpointRecord),
    triggeredAt: group.triggeredAt,
    fromEndpoints: false,
  };
}

function endpointRecord(endpoint: Endpoint): EndpointRecord {
  const { local: _, ...record } = endpoint;
  return record;
}
