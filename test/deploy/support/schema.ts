/** The API's types, from the OpenAPI models of Kubernetes' own client: what is not in them, the API server refuses. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  isList,
  isObject,
  type Json,
  type JsonObject,
  textAt,
} from '../../../src/playground/apiserver/objects/json.ts';
import { OPERATOR_TYPES } from './operatorTypes.ts';

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

type Fields = ReadonlyMap<string, string>;

// File by file: the client as a whole takes seconds to load.
const MODELS = join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen/models');

/** What the API server would say of it: unknown fields, and values of the wrong type. */
export async function faultsOf(object: JsonObject): Promise<readonly string[]> {
  const faults: string[] = [];
  const kind = textAt(object, 'kind');
  const type = textAt(object, 'apiVersion').startsWith('monitoring.coreos.com/') ? kind : `V1${kind}`;
  await check(type, object, kind, faults);
  return faults;
}

async function check(type: string, value: Json, path: string, faults: string[]): Promise<void> {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (list !== undefined) {
    if (!isList(value)) faults.push(`${path}: no list`);
    else for (const [i, item] of value.entries()) await check(list, item, `${path}[${i}]`, faults);
  } else if (map !== undefined) {
    if (!isObject(value)) faults.push(`${path}: no object`);
    else for (const [key, item] of entriesOf(value)) await check(map, item, `${path}.${key}`, faults);
  } else if (isScalar(type)) {
    if (!fits(type, value)) faults.push(`${path}: ${JSON.stringify(value)} is no ${type}`);
  } else if (!isObject(value)) {
    faults.push(`${path}: no object`);
  } else {
    const fields = await fieldsOf(type);
    for (const [key, item] of entriesOf(value)) {
      const field = fields.get(key);
      if (field === undefined) faults.push(`${path}.${key}: no such field`);
      else await check(field, item, `${path}.${key}`, faults);
    }
  }
}

async function fieldsOf(type: string): Promise<Fields> {
  const ours = OPERATOR_TYPES[type];
  if (ours !== undefined) return new Map(Object.entries(ours));
  const models = (await import(join(MODELS, `${type}.js`))) as Readonly<Record<string, Model>>;
  const model = models[type];
  if (model === undefined) throw new Error(`no type ${type}`);
  return new Map(model.getAttributeTypeMap().map(({ baseName, type: of }) => [baseName, of]));
}

const SCALARS = ['string', 'number', 'boolean', 'IntOrString'] as const;

function isScalar(type: string): type is (typeof SCALARS)[number] {
  return SCALARS.some((scalar) => scalar === type);
}

function fits(type: (typeof SCALARS)[number], value: Json): boolean {
  if (type === 'IntOrString') return typeof value === 'string' || Number.isInteger(value);
  return typeof value === type;
}

function entriesOf(object: JsonObject): readonly [string, Json][] {
  return Object.entries(object).flatMap(([key, item]): [string, Json][] =>
    item === undefined ? [] : [[key, item]],
  );
}
