/** Who set which fields: `metadata.managedFields`. */
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../objects/json.ts';
import { type KubeObject, withMeta } from '../objects/object.ts';
import { typeOfKind } from '../schema/schema.ts';
import { type FieldSet, fieldsOf, fromFieldsV1, toFieldsV1 } from './fieldSet.ts';
import { agree, withoutIdentity } from './merge.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string;
}

export interface Owner extends Manager {
  readonly apiVersion: string;
  readonly time: string;
  readonly fields: FieldSet;
}

export function ownersOf(object: JsonObject): readonly Owner[] {
  return listAt(object, 'metadata', 'managedFields')
    .filter(isObject)
    .map((entry) => ({
      name: textAt(entry, 'manager'),
      operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
      subresource: textAt(entry, 'subresource'),
      apiVersion: textAt(entry, 'apiVersion'),
      time: textAt(entry, 'time'),
      fields: fromFieldsV1(objectAt(entry, 'fieldsV1')),
    }));
}

export function withOwners(object: KubeObject, owners: readonly Owner[]): KubeObject {
  const entries = owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ name, operation, subresource, apiVersion, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
  return withMeta(object, { managedFields: entries.length === 0 ? undefined : entries });
}

export function isSame(a: Manager, b: Manager): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
}

/** After a write that is no apply: what it changed is its manager's, and what it took away nobody's. */
export function ownersAfterUpdate(
  next: KubeObject,
  old: KubeObject | undefined,
  manager: Manager,
  now: string,
): readonly Owner[] {
  const type = typeOfKind(next.kind);
  const content = withoutIdentity(next);
  const before = old === undefined ? {} : withoutIdentity(old);
  const present = fieldsOf(content, type);
  const changed = filter(present, (path) => !agree(content, before, path, type));
  const owners = old === undefined ? [] : ownersOf(old);
  const mine = owners.find((owner) => isSame(owner, manager));
  const left = owners.map((owner) => ({
    ...owner,
    fields: new Map(
      [...owner.fields].filter(([key]) => present.has(key) && (!changed.has(key) || owner === mine)),
    ),
  }));
  if (changed.size === 0) return left;
  const { apiVersion } = next;
  const fields = new Map([...(left.find((owner) => isSame(owner, manager))?.fields ?? []), ...changed]);
  return [...left.filter((owner) => !isSame(owner, manager)), { ...manager, apiVersion, time: now, fields }];
}

export function filter(set: FieldSet, keep: (path: readonly string[], key: string) => boolean): FieldSet {
  return new Map([...set].filter(([key, path]) => keep(path, key)));
}
