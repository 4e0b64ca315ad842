/** Kinds that are kept as they come. */
import { numberAt, textAt } from '../objects/json.ts';
import { keysOf, orNone } from './cells.ts';
import { type Resource, resource } from './resource.ts';

export const configMaps: Resource = resource({
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  columns: [{ name: 'Data', cell: (object) => keysOf(object, 'data', 'binaryData') }],
});

export const secrets: Resource = resource({
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  defaults: (secret) => ({ ...secret, type: textAt(secret, 'type') || 'Opaque' }),
  fields: (secret) => ({ type: textAt(secret, 'type') }),
  columns: [
    { name: 'Type', cell: (secret) => textAt(secret, 'type') },
    { name: 'Data', cell: (secret) => keysOf(secret, 'data') },
  ],
});

export const serviceAccounts: Resource = resource({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  hasToken: true,
});

export const leases: Resource = resource({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  putCreates: true,
  columns: [
    { name: 'Holder', cell: (lease) => orNone(textAt(lease, 'spec', 'holderIdentity')) },
    { name: 'Transitions', wide: true, cell: (lease) => String(numberAt(lease, 'spec', 'leaseTransitions')) },
  ],
});
