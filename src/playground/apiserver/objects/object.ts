/** An object of the API: anything that has a kind, a name and a version. */
import { type JsonObject, objectAt, textAt } from './json.ts';

export interface ObjectMeta extends JsonObject {
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly uid: string;
  /** Decimal text of the store's revision at the last write. */
  readonly resourceVersion: string;
}

export interface KubeObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Place of an object in its collection. LIST goes in the order of these texts, as etcd keeps its keys. */
export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function namespaceOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'namespace');
}

export function nameOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'name');
}

export function labelsOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata', 'labels');
}

/** A copy with some metadata fields replaced; `undefined` takes one away. */
export function withMeta(object: KubeObject, changes: JsonObject): KubeObject {
  const metadata: ObjectMeta = { ...object.metadata, ...changes };
  return { ...object, metadata: withoutGaps(metadata) };
}

function withoutGaps(metadata: ObjectMeta): ObjectMeta {
  const { name, uid, resourceVersion } = metadata;
  const kept = Object.entries(metadata).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(kept), name, uid, resourceVersion };
}

/** Metadata that no client can set or change. */
export const SYSTEM_FIELDS: readonly string[] = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'managedFields',
];
