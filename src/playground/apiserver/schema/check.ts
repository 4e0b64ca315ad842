/** Reading a body as the type it must have: what does not exist is dropped and told, what cannot be read is refused. */
import { isList, isObject, type Json, type JsonObject } from '../objects/json.ts';
import { SCHEMA, typeOfKind } from './schema.ts';
import type { FieldType, Scalar } from './type.ts';

export interface Reading {
  /** Without fields that the type does not have, and without nulls, which are how JSON says "absent". */
  readonly object: JsonObject;
  /** Paths of what was dropped: `spec.ports[0].prot`. */
  readonly unknown: readonly string[];
  /** What cannot be read at all: `spec.ports[0].port: the string "http" where an int must be`. */
  readonly wrong: readonly string[];
}

/** `apiVersion` and `kind` are every object's. A kind that we have no type of is taken as it is. */
export function readAs(kind: string, body: JsonObject): Reading {
  const reader = new Reader();
  const { apiVersion, kind: named, ...rest } = body;
  const type = typeOfKind(kind);
  const object = type.kind === 'struct' ? reader.struct(type.name, rest, '') : rest;
  const { unknown, wrong } = reader;
  return {
    object: { ...object, ...(apiVersion && { apiVersion }), ...(named && { kind: named }) },
    unknown,
    wrong,
  };
}

class Reader {
  readonly unknown: string[] = [];
  readonly wrong: string[] = [];

  struct(name: string, value: JsonObject, path: string): JsonObject {
    const fields = SCHEMA.get(name)?.fields;
    const result: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) {
      const inner = path === '' ? key : `${path}.${key}`;
      const type = fields?.get(key)?.type;
      if (type === undefined) this.unknown.push(inner);
      else if (item !== undefined && item !== null) result[key] = this.#read(type, item, inner);
    }
    return result;
  }

  #read(type: FieldType, value: Json, path: string): Json {
    if (type.kind === 'list') {
      if (!isList(value)) return this.#refuse('a list', value, path);
      return value.map((item, i) => this.#read(type.of, item, `${path}[${i}]`));
    }
    if (type.kind === 'struct' || type.kind === 'map') {
      if (!isObject(value)) return this.#refuse('an object', value, path);
      return type.kind === 'map' ? this.#map(type.of, value, path) : this.struct(type.name, value, path);
    }
    return fits(type.kind, value) ? value : this.#refuse(type.kind, value, path);
  }

  #map(of: FieldType, value: JsonObject, path: string): JsonObject {
    const entries = Object.entries(value).flatMap(([key, item]): [string, Json][] =>
      item === undefined || item === null ? [] : [[key, this.#read(of, item, `${path}.${key}`)]],
    );
    return Object.fromEntries(entries);
  }

  #refuse(wanted: string, value: Json, path: string): Json {
    this.wrong.push(`${path}: ${nameOf(value)} where ${wanted} must be`);
    return value;
  }
}

function fits(scalar: Scalar, value: Json): boolean {
  switch (scalar) {
    case 'any':
      return true;
    case 'string':
    case 'bytes':
    case 'time':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'intOrString':
    case 'quantity':
      break;
  }
  return typeof value === 'string' || typeof value === 'number';
}

function nameOf(value: Json): string {
  if (isList(value)) return 'a list';
  return isObject(value) ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`;
}
