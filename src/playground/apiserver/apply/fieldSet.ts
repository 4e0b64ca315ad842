/**
 * Sets of fields, as managedFields hold them: every leaf that somebody has set, by its path. A step of a path is
 * `f:name`, `k:{"port":80,"protocol":"TCP"}` for an item of a keyed list, `v:"text"` for an item that is its own key.
 */
import { isList, isObject, type Json, type JsonObject } from '../objects/json.ts';
import { typeOfField } from '../schema/schema.ts';
import type { FieldType } from '../schema/type.ts';

/** Paths by their text. An item of a keyed list is a member itself, with the step `.`. */
export type FieldSet = ReadonlyMap<string, readonly string[]>;

const SELF = '.';

/** Every leaf of a value. */
export function fieldsOf(value: Json, type: FieldType | undefined): FieldSet {
  const found = new Map<string, readonly string[]>();
  visit(value, type, []);
  return found;

  function add(path: readonly string[]): void {
    found.set(JSON.stringify(path), path);
  }

  function visit(item: Json, of: FieldType | undefined, path: readonly string[]): void {
    const children = childrenOf(item, of);
    if (children.length === 0) add(path);
    for (const { step, value: child, type: inner } of children) {
      if (step.startsWith('k:')) add([...path, step, SELF]);
      visit(child, inner, [...path, step]);
    }
  }
}

interface Child {
  readonly step: string;
  readonly value: Json;
  readonly type: FieldType | undefined;
}

/** What of a value can be owned apart; nothing of a scalar, nor of a list without keys or an atomic map. */
export function childrenOf(value: Json | undefined, type: FieldType | undefined): readonly Child[] {
  if (isObject(value)) {
    if (type?.kind === 'map' && type.atomic) return [];
    return Object.entries(value).flatMap(([key, child]) =>
      child === undefined ? [] : [{ step: `f:${key}`, value: child, type: typeOfField(type, key) }],
    );
  }
  if (!isList(value) || type?.kind !== 'list' || type.keys.length === 0) return [];
  return value.map((item) => ({ step: stepOf(item, type.keys), value: item, type: type.of }));
}

/** Where an item of a keyed list is found. A key that is left out has its default, as the schemas say. */
export function stepOf(item: Json, keys: readonly string[]): string {
  if (keys[0] === '') return `v:${JSON.stringify(item)}`;
  const of: JsonObject = isObject(item) ? item : {};
  const values = keys.map((key) => [key, of[key] ?? (key === 'protocol' ? 'TCP' : null)] as const);
  return `k:${JSON.stringify(Object.fromEntries(values))}`;
}

/** `{"f:spec": {"f:ports": {...}}}` */
export function toFieldsV1(set: FieldSet): JsonObject {
  interface Tree {
    [step: string]: Tree;
  }
  const root: Tree = {};
  for (const path of set.values()) {
    let tree = root;
    for (const step of path) tree = tree[step] ??= {};
  }
  return root;
}

export function fromFieldsV1(fields: JsonObject): FieldSet {
  const found = new Map<string, readonly string[]>();
  visit(fields, []);
  return found;

  function visit(tree: JsonObject, path: readonly string[]): void {
    const steps = Object.entries(tree);
    if (steps.length === 0 && path.length > 0) found.set(JSON.stringify(path), path);
    for (const [step, inner] of steps) if (isObject(inner)) visit(inner, [...path, step]);
  }
}

/** `.spec.ports[port=80,protocol="TCP"].targetPort` */
export function pathText(path: readonly string[]): string {
  return path
    .filter((step) => step !== SELF)
    .map((step) => (step.startsWith('f:') ? `.${step.slice(2)}` : `[${keyText(step)}]`))
    .join('');
}

function keyText(step: string): string {
  const key: Json = JSON.parse(step.slice(2));
  if (!isObject(key)) return `=${JSON.stringify(key)}`;
  return Object.entries(key)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}
