/** Both Event APIs show one stored object, which has the older one's form. */
import { type JsonObject, objectAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import type { SelectableFields } from '../select/fields.ts';
import { type Column, type Resource, resource } from './resource.ts';

/** Fields that have another name in events.k8s.io/v1. */
const RENAMED: Readonly<Record<string, string>> = {
  message: 'note',
  involvedObject: 'regarding',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};

const COLUMNS: readonly Column[] = [
  { name: 'Type', cell: (event) => textAt(event, 'type') },
  { name: 'Reason', cell: (event) => textAt(event, 'reason') },
  { name: 'Object', cell: (event) => objectText(event) },
  { name: 'Message', cell: (event) => textAt(event, 'message') || textAt(event, 'note') },
];

export const events: Resource = resource({
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  putCreates: true,
  typeName: '',
  fields: (event) => fieldsOf(event, 'involvedObject'),
  columns: COLUMNS,
});

export const newEvents: Resource = resource({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  putCreates: true,
  typeName: '',
  storage: 'events',
  fields: (event) => fieldsOf(event, 'regarding'),
  columns: COLUMNS,
  show: (stored) => ({ ...renamed(stored, RENAMED), ...keep(stored), apiVersion: 'events.k8s.io/v1' }),
  store: (shown) => ({ ...renamed(shown, inverse(RENAMED)), ...keep(shown), apiVersion: 'v1' }),
});

function fieldsOf(event: JsonObject, prefix: string): SelectableFields {
  const of = (field: string): [string, string] => [
    `${prefix}.${field}`,
    textAt(event, 'involvedObject', field),
  ];
  const names = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    ...Object.fromEntries(names.map(of)),
    reason: textAt(event, 'reason'),
    reportingComponent: textAt(event, 'reportingComponent'),
    source: textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
    type: textAt(event, 'type'),
  };
}

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}

function inverse(names: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).map(([a, b]) => [b, a]));
}

function keep({ kind, metadata }: KubeObject): Pick<KubeObject, 'kind' | 'metadata'> {
  return { kind, metadata };
}

function objectText(event: JsonObject): string {
  const of = { ...objectAt(event, 'involvedObject'), ...objectAt(event, 'regarding') };
  return `${textAt(of, 'kind').toLowerCase()}/${textAt(of, 'name')}`;
}
