/** Which objects a LIST or WATCH is about. */
import { labelsOf, type KubeObject, namespaceOf } from '../objects/object.ts';
import type { Resource } from '../resources/resource.ts';
import { parseFieldSelector, type SelectableFields } from '../select/fields.ts';
import { parseLabelSelector } from '../select/labels.ts';
import type { ListOptions } from './options.ts';

/** @param namespace empty for all. Throws a 400 for a selector that makes no sense. */
export function selectionOf(
  resource: Resource,
  namespace: string,
  options: ListOptions,
): (object: KubeObject) => boolean {
  const fieldText = options.fieldSelector ?? '';
  const labels = parseLabelSelector(options.labelSelector ?? '');
  const fields = parseFieldSelector(fieldText, fieldNames(resource));
  return (object) =>
    (namespace === '' || namespaceOf(object) === namespace) &&
    labels(labelsOf(object)) &&
    (fieldText === '' || fields(fieldsOf(resource, object)));
}

function fieldsOf(resource: Resource, object: KubeObject): SelectableFields {
  const { name, namespace = '' } = object.metadata;
  const scope = resource.namespaced ? { 'metadata.namespace': namespace } : {};
  return { ...resource.fields(object), ...scope, 'metadata.name': name };
}

function fieldNames(resource: Resource): string[] {
  const empty = { name: '', uid: '', resourceVersion: '' };
  return Object.keys(fieldsOf(resource, { apiVersion: '', kind: '', metadata: empty }));
}
