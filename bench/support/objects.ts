/** Records as the API objects that they would have come from, with the bulk that real ones carry. */
import type { EndpointSliceRecord, NodeRecord, ServiceRecord } from '../../src/kube/records.ts';
import type { Cluster } from '../../test/support/cluster.ts';

interface ApiObjects {
  readonly resource: string;
  readonly objects: readonly object[];
}

export function apiObjects(cluster: Cluster): ApiObjects[] {
  return [
    { resource: 'namespaces', objects: cluster.namespaces.map(({ name }) => ({ metadata: { name } })) },
    { resource: 'nodes', objects: cluster.nodes.map(nodeObject) },
    { resource: 'services', objects: cluster.services.map(serviceObject) },
    { resource: 'endpointslices', objects: cluster.slices.map(sliceObject) },
  ];
}

function nodeObject(node: NodeRecord): object {
  return {
    metadata: { name: node.name, labels: { 'topology.kubernetes.io/zone': node.zone } },
    spec: { podCIDRs: node.podCIDRs },
    status: { addresses: node.addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

function serviceObject(service: ServiceRecord): object {
  const { namespace, name } = service;
  return {
    metadata: {
      namespace,
      name,
      labels: { app: name },
      managedFields: managedFields('kubectl-client-side-apply'),
    },
    spec: {
      type: service.type,
      clusterIP: service.clusterIPs[0],
      clusterIPs: service.clusterIPs,
      selector: { app: name },
      ports: service.ports.map(({ nodePort, ...port }) => ({
        ...port,
        targetPort: 8080,
        ...(nodePort === 0 ? {} : { nodePort }),
      })),
    },
  };
}

function sliceObject(slice: EndpointSliceRecord): object {
  const { namespace, name, serviceName, addressType, ports } = slice;
  return {
    metadata: {
      namespace,
      name,
      labels: { 'kubernetes.io/service-name': serviceName },
      managedFields: managedFields('kube-controller-manager'),
    },
    addressType,
    ports,
    endpoints: slice.endpoints.map(({ address, ready, serving, terminating, nodeName, zone, podName }) => ({
      addresses: [address],
      conditions: { ready, serving, terminating },
      nodeName,
      zone,
      targetRef: { kind: 'Pod', namespace, name: podName, uid: '5f0a3c1e-7a55-4a42-8f59-5d2f9a3f4c11' },
    })),
  };
}

/** What a real object drags along and a watcher throws away. */
function managedFields(manager: string): object[] {
  const fields = Object.fromEntries(
    ['f:metadata', 'f:spec', 'f:status'].map((key) => [key, { 'f:labels': {} }]),
  );
  return [{ manager, operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsV1: fields }];
}
