/** Objects in the form that the client asked for. */
import { type Json, type JsonObject, objectAt, textAt } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import type { Page } from '../registry/list.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import type { MediaType } from './negotiate.ts';

/** What a client can choose about a Table's rows: `includeObject`. */
export type Included = 'None' | 'Metadata' | 'Object';

export interface View {
  readonly as: MediaType['as'];
  readonly included: Included;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

export function renderObject(resource: Resource, object: KubeObject, view: View): JsonObject {
  switch (view.as) {
    case 'Object':
      return object;
    case 'PartialObjectMetadata':
      return partial(object);
    case 'Table':
      break;
  }
  return table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, view);
}

export function renderList(resource: Resource, page: Page, view: View): JsonObject {
  const { items, ...metadata } = page;
  switch (view.as) {
    case 'Object':
      // Typed lists carry kind and version once, not on every item; clients must know them.
      return {
        kind: `${resource.kind}List`,
        apiVersion: apiVersionOf(resource),
        metadata,
        items: items.map(withoutType),
      };
    case 'PartialObjectMetadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: items.map(partial),
      };
    case 'Table':
      break;
  }
  return table(resource, items, metadata, view);
}

export function renderBookmark(resource: Resource, bookmark: JsonObject, view: View): JsonObject {
  const metadata = objectAt(bookmark, 'metadata');
  switch (view.as) {
    case 'Object':
      return bookmark;
    case 'PartialObjectMetadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    case 'Table':
      break;
  }
  return table(resource, [], metadata, view);
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): JsonObject {
  return rest;
}

function partial({ metadata }: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function table(
  resource: Resource,
  items: readonly KubeObject[],
  metadata: JsonObject,
  view: View,
): JsonObject {
  const column = (name: string, priority: number, format = ''): JsonObject => ({
    name,
    type: 'string',
    format,
    description: '',
    priority,
  });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      column('Name', 0, 'name'),
      ...resource.columns.filter((one) => one.wide !== true).map((one) => column(one.name, 0)),
      column('Age', 0),
      ...resource.columns.filter((one) => one.wide === true).map((one) => column(one.name, 1)),
    ],
    rows: items.map((item) => ({
      cells: cells(resource, item, view.now),
      ...rowObject(item, view.included),
    })),
  };
}

function cells(resource: Resource, item: KubeObject, now: number): readonly Json[] {
  const cellsOf = (wide: boolean): Json[] =>
    resource.columns.filter((one) => (one.wide === true) === wide).map((one) => one.cell(item, now));
  return [item.metadata.name, ...cellsOf(false), age(item, now), ...cellsOf(true)];
}

function rowObject(item: KubeObject, included: Included): JsonObject {
  if (included === 'None') return {};
  return { object: included === 'Metadata' ? partial(item) : item };
}

function age(item: KubeObject, now: number): string {
  const created = Date.parse(textAt(item, 'metadata', 'creationTimestamp'));
  return Number.isNaN(created) ? '<unknown>' : duration((now - created) / 1000);
}

/** A span as kubectl shows it: two units at most, the smaller one only while it matters. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
  if (whole < 120) return `${whole}s`;
  if (minutes < 10) return pair(minutes, 'm', whole % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return pair(days, 'd', hours % 24, 'h');
  return days < 730 ? `${days}d` : pair(Math.floor(days / 365), 'y', days % 365, 'd');
}
