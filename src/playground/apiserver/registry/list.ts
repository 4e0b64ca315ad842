/** LIST: pages of one consistent state. */
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../objects/object.ts';
import { badRequest, expired, tooLarge } from '../objects/status.ts';
import type { Resource } from '../resources/resource.ts';
import type { Collection } from '../store/collection.ts';
import type { ListOptions } from './options.ts';
import { selectionOf } from './selection.ts';
import { versionRule } from './version.ts';

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Token for the next page; absent on the last. */
  readonly continue?: string;
  /** Absent when a selector makes it unknown. */
  readonly remainingItemCount?: number;
}

/** Throws 400, 410, 422 or 504 as the API does. `revision` is the store's. */
export function listPage(
  resource: Resource,
  collection: Collection,
  revision: number,
  namespace: string,
  options: ListOptions,
): Page {
  const selected = selectionOf(resource, namespace, options);
  const state = stateFor(collection, revision, options);
  const from = state.items.findIndex((item) => keyOfObject(item) > state.after);
  const items = (from < 0 ? [] : state.items.slice(from)).filter(selected);
  const limit = state.limit === 0 ? items.length : state.limit;
  const resourceVersion = String(state.revision);
  const last = items[limit - 1];
  if (items.length <= limit || last === undefined) return { items, resourceVersion };
  const selective = (options.labelSelector ?? '') !== '' || (options.fieldSelector ?? '') !== '';
  return {
    items: items.slice(0, limit),
    resourceVersion,
    continue: encodeToken(state.revision, keyOfObject(last)),
    ...(selective ? {} : { remainingItemCount: items.length - limit }),
  };
}

interface State {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  /** Key of the last object of the page before. */
  readonly after: string;
  readonly limit: number;
}

function stateFor(collection: Collection, revision: number, options: ListOptions): State {
  const rule = versionRule(options);
  const limit = options.limit ?? 0;
  if ((options.continue ?? '') !== '') return continued(collection, revision, options);
  switch (rule.kind) {
    case 'latest':
      return { items: collection.list(), revision, after: '', limit };
    case 'any':
      // The watch cache answers these, and it does not page.
      return { items: collection.list(), revision, after: '', limit: 0 };
    case 'notOlderThan':
      if (rule.revision > revision) throw tooLarge(rule.revision, revision);
      return { items: collection.list(), revision, after: '', limit };
    case 'exact':
      break;
  }
  if (rule.revision > revision) throw tooLarge(rule.revision, revision);
  const items = collection.listAt(rule.revision);
  if (items === undefined) throw expired('The resourceVersion for the provided list is too old.');
  return { items, revision: rule.revision, after: '', limit };
}

function continued(collection: Collection, revision: number, options: ListOptions): State {
  if (options.resourceVersion !== undefined && !['', '0'].includes(options.resourceVersion)) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = decodeToken(options.continue ?? '');
  const limit = options.limit ?? 0;
  // Revision -1 is the token that a 410 carries: go on from here in the newest state, gaps accepted.
  if (token.revision < 0) return { items: collection.list(), revision, after: token.after, limit };
  const items = collection.listAt(token.revision);
  if (items !== undefined) return { items, revision: token.revision, after: token.after, limit };
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, ' +
    'or use the continue token in this response to retrieve the remainder of the results.';
  throw expired(message, { continue: encodeToken(-1, token.after) });
}

function encodeToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );
}

function decodeToken(token: string): { revision: number; after: string } {
  try {
    const { rv, start }: { rv?: unknown; start?: unknown } = JSON.parse(
      Buffer.from(token, 'base64url').toString(),
    );
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Told below, as any other token that we did not make.
  }
  throw badRequest('continue key is not valid');
}

function keyOfObject(object: KubeObject): string {
  return keyOf(namespaceOf(object), nameOf(object));
}
