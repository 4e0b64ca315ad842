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
  yield* recordsOfNode(picture);
  for (const name of picture.namespaces) yield* recordsOfNamespace(picture, name);
  for (const key of picture.services.keys()) yield* recordsOfService(picture, key);
}

/** None when it is gone, as with the next two. */
export function recordsOfService(picture: Picture, key: string): ObjectRecord[] {
  const entry = picture.services.get(key);
  if (entry === undefined) return [];
  const { service, groups } = entry;
  return [serviceRecord(service), ...groups.map((group) => sliceRecord(service, group))];
}

export function recordsOfNamespace(picture: Picture, name: string): ObjectRecord[] {
  return picture.namespaces.has(name) ? [{ kind: 'Namespace', namespace: '', name }] : [];
}

export function recordsOfNode({ node }: Picture): ObjectRecord[] {
  return node === undefined ? [] : [nodeRecord(node)];
}

/** Whose record it is, of those that are kept: `Service shop/web` has its slices too. */
export function ownerOf(record: ObjectRecord): string {
  switch (record.kind) {
    case 'Service':
      return `Service ${record.namespace}/${record.name}`;
    case 'EndpointSlice':
      return `Service ${record.namespace}/${record.serviceName}`;
    case 'Namespace':
      return `Namespace ${record.name}`;
    case 'Node':
    case 'Pod':
    case 'ConfigMap':
      return record.kind;
    default:
      return record satisfies never;
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
