/**
 * OpenAPI v3, as far as kubectl reads it: that writes are validated by the server (`fieldValidation`), so that it
 * leaves that to us, and the fields of each kind for `kubectl explain`.
 */
import type { Json, JsonObject } from '../objects/json.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { RESOURCES } from '../resources/resources.ts';
import { SCHEMA } from '../schema/schema.ts';
import type { FieldType } from '../schema/type.ts';

const ROOT = '/openapi/v3';

/** The index of groups, or the document of one; `undefined` when the path is neither. */
export function openapiAt(path: string): JsonObject | undefined {
  if (path === ROOT)
    return {
      paths: Object.fromEntries(
        groupPaths().map((group) => [group, { serverRelativeURL: `${ROOT}/${group}` }]),
      ),
    };
  const group = groupPaths().find((one) => path === `${ROOT}/${one}`);
  return group === undefined ? undefined : documentOf(group);
}

/** `api/v1`, `apis/apps/v1` */
function groupPaths(): readonly string[] {
  return [...new Set(RESOURCES.map(groupPath))];
}

function groupPath(row: Resource): string {
  return row.group === '' ? 'api/v1' : `apis/${apiVersionOf(row)}`;
}

function documentOf(group: string): JsonObject {
  const rows = RESOURCES.filter((row) => groupPath(row) === group);
  const types = [...SCHEMA.values()].filter(
    ({ name }) => !RESOURCES.some((row) => row.typeName === name && !rows.includes(row)),
  );
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(rows.flatMap((row) => pathsOf(group, row))),
    components: { schemas: Object.fromEntries(types.map(({ name }) => [name, schemaOf(name, rows)])) },
  };
}

function pathsOf(group: string, row: Resource): [string, Json][] {
  const collection = `/${group}${row.namespaced ? '/namespaces/{namespace}' : ''}/${row.plural}`;
  const gvk = kindOf(row);
  const action = (name: string, parameters: readonly Json[]): JsonObject => ({
    'x-kubernetes-action': name,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    responses: { '200': { description: 'OK' } },
  });
  return [
    [collection, { get: action('list', []), post: action('post', WRITE_PARAMETERS) }],
    [
      `${collection}/{name}`,
      {
        get: action('get', []),
        put: action('put', WRITE_PARAMETERS),
        // Without strategic merge among its types kubectl merges by what it has compiled in.
        patch: {
          ...action('patch', WRITE_PARAMETERS),
          requestBody: { content: { 'application/json-patch+json': {} } },
        },
        delete: action('delete', []),
      },
    ],
  ];
}

const WRITE_PARAMETERS: readonly Json[] = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function kindOf(row: Resource): JsonObject {
  return { group: row.group, version: row.version, kind: row.kind };
}

function schemaOf(name: string, rows: readonly Resource[]): JsonObject {
  const fields = [...(SCHEMA.get(name)?.fields.values() ?? [])];
  const row = rows.find((one) => one.typeName === name);
  const identity = row === undefined ? {} : { apiVersion: { type: 'string' }, kind: { type: 'string' } };
  const properties = Object.fromEntries(fields.map((field) => [field.name, propertyOf(field.type)]));
  return {
    type: 'object',
    properties: { ...identity, ...properties },
    ...(row === undefined ? {} : { 'x-kubernetes-group-version-kind': [kindOf(row)] }),
  };
}

function propertyOf(type: FieldType): JsonObject {
  switch (type.kind) {
    case 'struct':
      return { allOf: [{ $ref: `#/components/schemas/${type.name}` }], default: {} };
    case 'list':
      return { type: 'array', items: propertyOf(type.of), ...listKind(type.keys) };
    case 'map':
      return { type: 'object', additionalProperties: propertyOf(type.of) };
    case 'int':
      return { type: 'integer', format: 'int64' };
    case 'bool':
      return { type: 'boolean' };
    case 'time':
      return { type: 'string', format: 'date-time' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'intOrString':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'any':
      return { type: 'object' };
    case 'string':
    case 'quantity':
      break;
  }
  return { type: 'string' };
}

function listKind(keys: readonly string[]): JsonObject {
  const [first] = keys;
  if (first === undefined) return { 'x-kubernetes-list-type': 'atomic' };
  if (first === '') return { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' };
  return {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': first,
  };
}
