/** Server-side apply: a manager says all that it wants of an object; what it no longer says goes. */
import { type JsonObject, objectAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { ApiError } from '../objects/status.ts';
import { typeOfKind } from '../schema/schema.ts';
import { type FieldSet, fieldsOf, pathText } from './fieldSet.ts';
import { filter, isSame, type Manager, type Owner, ownersOf } from './managers.ts';
import { agree, overlay, without, withoutIdentity } from './merge.ts';

export interface Applied {
  readonly object: JsonObject;
  readonly owners: readonly Owner[];
}

/** @param live absent when this creates the object. Throws a 409 that names the other managers, unless forced. */
export function applyTo(
  live: KubeObject | undefined,
  wanted: KubeObject,
  manager: Manager,
  options: { readonly force: boolean; readonly now: string },
): Applied {
  const type = typeOfKind(wanted.kind);
  const content = withoutIdentity(wanted);
  const fields = fieldsOf(content, type);
  const before = live === undefined ? {} : withoutIdentity(live);
  const owners = live === undefined ? [] : ownersOf(live);
  const others = owners.filter((owner) => !isSame(owner, manager));
  const mine = owners.find((owner) => isSame(owner, manager));
  const differs = filter(fields, (path) => !agree(content, before, path, type));
  const taken = others.map((owner) => filter(differs, (_path, key) => owner.fields.has(key)));
  if (!options.force && taken.some((set) => set.size > 0)) throw conflicts(others, taken);
  const left = others.map((owner, i) => ({
    ...owner,
    fields: filter(owner.fields, (_path, key) => taken[i]?.has(key) !== true),
  }));
  const abandoned = filter(
    mine?.fields ?? new Map(),
    (_path, key) => !fields.has(key) && !left.some((owner) => owner.fields.has(key)),
  );
  // Deepest first: an item of a list is found by its keys, which must not be taken away before it.
  const paths = [...abandoned.values()].sort(
    (a, b) => Number(b.at(-1) === '.') - Number(a.at(-1) === '.') || b.length - a.length,
  );
  const kept = paths.reduce((object, path) => objectOf(without(object, path, type)), live ?? {});
  const same =
    mine !== undefined &&
    mine.fields.size === fields.size &&
    [...fields.keys()].every((key) => mine.fields.has(key));
  const time = same ? mine.time : options.now;
  return {
    object: objectOf(overlay(kept, { ...wanted, metadata: withoutManaged(wanted) }, type)),
    owners: [...left, { ...manager, apiVersion: wanted.apiVersion, time, fields }],
  };
}

function objectOf(value: Parameters<typeof objectAt>[0]): JsonObject {
  return objectAt(value);
}

function withoutManaged(wanted: KubeObject): JsonObject {
  const { managedFields: _managed, ...metadata } = wanted.metadata;
  return metadata;
}

function conflicts(owners: readonly Owner[], taken: readonly FieldSet[]): ApiError {
  const causes = owners.flatMap((owner, i) =>
    [...(taken[i]?.values() ?? [])].map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${owner.name}" using ${owner.apiVersion}`,
      field: pathText(path),
    })),
  );
  const noun = causes.length === 1 ? '1 conflict' : `${causes.length} conflicts`;
  const told = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
  return new ApiError(409, 'Conflict', `Apply failed with ${noun}: ${told}`, { causes });
}
