/** The table of all that is served. */
import { textAt } from '../objects/json.ts';
import { labelsOf, type KubeObject, withMeta } from '../objects/object.ts';
import { withAt } from '../objects/json.ts';
import { type Resource, resource } from './resource.ts';

export const RESOURCES: readonly Resource[] = [
  resource({
    kind: 'Namespace',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    namespaced: false,
    hasStatus: true,
    prepare: prepareNamespace,
    fields: (namespace) => ({ 'status.phase': textAt(namespace, 'status', 'phase') }),
  }),
  resource({
    kind: 'Node',
    plural: 'nodes',
    singular: 'node',
    shortNames: ['no'],
    namespaced: false,
    hasStatus: true,
  }),
  resource({
    kind: 'Pod',
    plural: 'pods',
    singular: 'pod',
    shortNames: ['po'],
    hasStatus: true,
    inAll: true,
    fields: (pod) => ({
      'spec.nodeName': textAt(pod, 'spec', 'nodeName'),
      'status.phase': textAt(pod, 'status', 'phase'),
      'status.podIP': textAt(pod, 'status', 'podIP'),
    }),
  }),
  resource({
    kind: 'Service',
    plural: 'services',
    singular: 'service',
    shortNames: ['svc'],
    hasStatus: true,
    inAll: true,
    fields: (service) => ({
      'spec.clusterIP': textAt(service, 'spec', 'clusterIP'),
      'spec.type': textAt(service, 'spec', 'type'),
    }),
  }),
  resource({ kind: 'Endpoints', plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] }),
  resource({ kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', shortNames: ['cm'] }),
  resource({ kind: 'Secret', plural: 'secrets', singular: 'secret' }),
  resource({
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    singular: 'serviceaccount',
    shortNames: ['sa'],
  }),
  resource({ kind: 'Event', plural: 'events', singular: 'event', shortNames: ['ev'], putCreates: true }),
  resource({
    group: 'discovery.k8s.io',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    singular: 'endpointslice',
  }),
  resource({
    group: 'coordination.k8s.io',
    kind: 'Lease',
    plural: 'leases',
    singular: 'lease',
    putCreates: true,
  }),
];

function prepareNamespace(namespace: KubeObject, old: KubeObject | undefined): KubeObject {
  const labels = { ...labelsOf(namespace), 'kubernetes.io/metadata.name': namespace.metadata.name };
  const labelled = withMeta(namespace, { labels });
  return old === undefined ? { ...labelled, ...withAt({}, ['status', 'phase'], 'Active') } : labelled;
}
