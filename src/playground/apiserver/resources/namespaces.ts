import { textAt } from '../objects/json.ts';
import { labelsOf, type KubeObject, withMeta } from '../objects/object.ts';
import { type Resource, resource } from './resource.ts';

export const namespaces: Resource = resource({
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  prepare,
  fields: (namespace) => ({ 'status.phase': textAt(namespace, 'status', 'phase') }),
  columns: [{ name: 'Status', cell: (namespace) => textAt(namespace, 'status', 'phase') }],
});

function prepare(namespace: KubeObject, old: KubeObject | undefined): KubeObject {
  const labels = { ...labelsOf(namespace), 'kubernetes.io/metadata.name': namespace.metadata.name };
  const labelled = withMeta(namespace, { labels });
  if (old !== undefined) return labelled;
  return { ...labelled, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
}
