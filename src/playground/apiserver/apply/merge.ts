/** Reading, merging and removing by the paths of field sets. */
import { equal, isList, isObject, type Json, type JsonObject } from '../objects/json.ts';
import { SYSTEM_FIELDS } from '../objects/object.ts';
import { typeOfField } from '../schema/schema.ts';
import type { FieldType } from '../schema/type.ts';
import { childrenOf, stepOf } from './fieldSet.ts';

/** Whether two objects have the same at a path. Of an item itself (`.`) it only matters that it is there. */
export function agree(a: Json, b: Json, path: readonly string[], type: FieldType | undefined): boolean {
  const [one, other] = [valueAt(a, path, type), valueAt(b, path, type)];
  return path.at(-1) === '.' ? (one === undefined) === (other === undefined) : equal(one, other);
}

function valueAt(
  value: Json | undefined,
  path: readonly string[],
  type: FieldType | undefined,
): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined || step === '.') return value;
  const child = childrenOf(value, type).find((one) => one.step === step);
  return child === undefined ? undefined : valueAt(child.value, rest, child.type);
}

/** What is applied over what is there: keyed lists item by item, other lists and atomic maps whole. */
export function overlay(live: Json | undefined, applied: Json, type: FieldType | undefined): Json {
  if (isObject(applied)) {
    if (type?.kind === 'map' && type.atomic) return applied;
    const base = isObject(live) ? live : {};
    const entries = Object.entries(applied).flatMap(([key, value]): [string, Json][] =>
      value === undefined ? [] : [[key, overlay(base[key], value, typeOfField(type, key))]],
    );
    return { ...base, ...Object.fromEntries(entries) };
  }
  if (!isList(applied) || type?.kind !== 'list' || type.keys.length === 0) return applied;
  const { keys, of } = type;
  const left = new Map(applied.map((item) => [stepOf(item, keys), item]));
  const kept = (isList(live) ? live : []).map((item) => {
    const step = stepOf(item, keys);
    const over = left.get(step);
    left.delete(step);
    return over === undefined ? item : overlay(item, over, of);
  });
  return [...kept, ...left.values()];
}

/** Without the value at a path, and without the objects that become empty by it. */
export function without(value: Json, path: readonly string[], type: FieldType | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const last = rest.length === 0 || rest[0] === '.';
  if (isObject(value)) {
    const key = step.slice(2);
    const child = value[key];
    if (child === undefined) return value;
    const left = last ? {} : without(child, rest, typeOfField(type, key));
    const { [key]: _gone, ...others } = value;
    return isEmpty(left) ? others : { ...others, [key]: left };
  }
  if (!isList(value) || type?.kind !== 'list') return value;
  const matches = (item: Json): boolean => stepOf(item, type.keys) === step;
  if (last) return value.filter((item) => !matches(item));
  return value.map((item) => (matches(item) ? without(item, rest, type.of) : item));
}

function isEmpty(value: Json): boolean {
  return isObject(value) ? Object.keys(value).length === 0 : isList(value) && value.length === 0;
}

/** What nobody can own: it says which object this is. */
export function withoutIdentity(object: JsonObject): JsonObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const meta = isObject(metadata) ? Object.entries(metadata).filter(([key]) => !UNOWNED.includes(key)) : [];
  return { ...rest, ...(meta.length === 0 ? {} : { metadata: Object.fromEntries(meta) }) };
}

const UNOWNED = ['name', 'namespace', 'resourceVersion', ...SYSTEM_FIELDS];
