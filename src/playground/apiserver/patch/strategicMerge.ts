/** Strategic merge patch: a merge patch that knows which lists are merged item by item, and by which key. */
import { equal, isList, isObject, type Json, type JsonObject } from '../objects/json.ts';
import { badRequest } from '../objects/status.ts';
import { typeOfField } from '../schema/schema.ts';
import type { FieldType } from '../schema/type.ts';

const ORDER = '$setElementOrder/';
const REMOVE = '$deleteFromPrimitiveList/';

/** Throws a 400 for an item of a merged list that lacks the list's key. */
export function strategicMerge(target: Json | undefined, patch: Json, type: FieldType | undefined): Json {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const retained = patch['$retainKeys'];
  const base = isObject(target) ? target : {};
  const result: Record<string, Json | undefined> = isList(retained) ? keep(base, retained) : { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || key === '$patch' || key === '$retainKeys' || key.startsWith(ORDER)) continue;
    if (key.startsWith(REMOVE)) {
      const field = key.slice(REMOVE.length);
      result[field] = removed(result[field], value);
    } else if (value === null) {
      delete result[key];
    } else {
      result[key] = mergeField(result[key], value, typeOfField(type, key));
    }
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER) || !isList(order)) continue;
    const field = key.slice(ORDER.length);
    const fieldType = typeOfField(type, field);
    const list = result[field];
    if (isList(list)) result[field] = ordered(list, order, keyOf(fieldType));
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}

function mergeField(target: Json | undefined, value: Json, type: FieldType | undefined): Json {
  if (!isList(value)) return strategicMerge(target, value, type);
  const key = keyOf(type);
  if (key === undefined) return value;
  const before = isList(target) ? target : [];
  if (key === '') return [...before, ...value.filter((item) => !before.some((old) => equal(old, item)))];
  return mergeItems(before, value, key, type?.kind === 'list' ? type.of : undefined);
}

/** The field by which a list's items are found: the first key alone, also where server-side apply uses two. */
function keyOf(type: FieldType | undefined): string | undefined {
  return type?.kind === 'list' ? type.keys[0] : undefined;
}

function mergeItems(
  before: readonly Json[],
  patch: readonly Json[],
  key: string,
  type: FieldType | undefined,
): Json {
  const items = patch.filter(isObject);
  if (items.some((item) => Object.keys(item).length === 1 && item['$patch'] === 'replace')) {
    return items.filter((item) => item['$patch'] === undefined);
  }
  let result = [...before];
  for (const item of items) {
    const id = item[key];
    if (id === undefined) throw badRequest(`an item of a merged list does not contain its merge key: ${key}`);
    const at = result.findIndex((old) => isObject(old) && equal(old[key], id));
    if (item['$patch'] === 'delete') result = result.filter((_old, i) => i !== at);
    else if (at < 0) result.push(strategicMerge({}, item, type));
    else result[at] = strategicMerge(result[at], item, type);
  }
  return result;
}

/** Items that the patch does not order stay behind those that it does. */
function ordered(list: readonly Json[], order: readonly Json[], key: string | undefined): Json {
  const idOf = (item: Json): Json | undefined =>
    key !== undefined && key !== '' && isObject(item) ? item[key] : item;
  const placeOf = (item: Json): number => {
    const place = order.findIndex((one) => equal(idOf(one), idOf(item)));
    return place < 0 ? order.length : place;
  };
  return list.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function removed(list: Json | undefined, values: Json): Json {
  const gone = isList(values) ? values : [];
  return (isList(list) ? list : []).filter((item) => !gone.some((value) => equal(value, item)));
}

function keep(object: JsonObject, keys: readonly Json[]): Record<string, Json | undefined> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}
