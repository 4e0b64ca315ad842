import type { ConfigMapRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { namespacedMetadata } from './metadata.ts';

/** `binaryData` holds no text, and is left out. */
export function projectConfigMap(object: Fields): ConfigMapRecord {
  const { namespace, name } = namespacedMetadata(object);
  const data = object.object('data');
  return {
    kind: 'ConfigMap',
    namespace,
    name,
    data: new Map(data.keys().map((key) => [key, data.text(key)])),
  };
}
