import type { NamespaceRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { clusterMetadata } from './metadata.ts';

export function projectNamespace(object: Fields): NamespaceRecord {
  return { kind: 'Namespace', namespace: '', name: clusterMetadata(object).name };
}
