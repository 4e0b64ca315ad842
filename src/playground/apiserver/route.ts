/** From a path to what it names: `/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/web-x`. */
import { isObject, type Json, numberAt, objectAt, textAt } from './objects/json.ts';
import type { DeleteOptions, FieldValidation, WatchOptions, WriteOptions } from './registry/options.ts';
import type { Resource } from './resources/resource.ts';
import { RESOURCES } from './resources/resources.ts';

export interface Route {
  readonly resource: Resource;
  /** Empty for cluster-scoped kinds, and for all namespaces. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
  readonly subresource: string;
}

const PATH = /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)\/(?<rest>.+)$/;

/** `undefined` when nothing is served there. */
export function routeOf(path: string): Route | undefined {
  const { group = '', version = '', rest = '' } = PATH.exec(path)?.groups ?? {};
  const steps = rest.split('/').map(decodeURIComponent);
  // `namespaces/shop` is a Namespace, `namespaces/shop/services` a collection in it; `status` is no resource.
  const scoped = steps[0] === 'namespaces' && steps.length > 2 && find(group, version, steps[2] ?? '', true);
  const [namespace, [plural = '', name = '', subresource = '', ...more]] = scoped
    ? [steps[1] ?? '', steps.slice(2)]
    : ['', steps];
  const resource = find(group, version, plural, scoped === false ? undefined : true);
  if (resource === undefined || more.length > 0 || !offers(resource, subresource)) return undefined;
  if (resource.namespaced && name !== '' && namespace === '') return undefined;
  return { resource, namespace, name, subresource };
}

function find(group: string, version: string, plural: string, namespaced?: boolean): Resource | undefined {
  return RESOURCES.find(
    (row) =>
      row.group === group &&
      row.version === version &&
      row.plural === plural &&
      (namespaced === undefined || row.namespaced === namespaced),
  );
}

function offers(resource: Resource, subresource: string): boolean {
  switch (subresource) {
    case '':
      return true;
    case 'status':
      return resource.hasStatus;
    case 'scale':
      return resource.hasScale;
    case 'token':
      return resource.hasToken;
    default:
      return false;
  }
}

export function watchOptionsOf(query: URLSearchParams): WatchOptions {
  const given = (key: string): Record<string, string> => {
    const value = query.get(key);
    return value === null ? {} : { [key]: value };
  };
  const number = (key: string): Record<string, number> => {
    const value = Number(query.get(key) ?? '');
    return Number.isInteger(value) && value > 0 ? { [key]: value } : {};
  };
  const sends = query.get('sendInitialEvents');
  return {
    ...given('labelSelector'),
    ...given('fieldSelector'),
    ...given('resourceVersion'),
    ...given('resourceVersionMatch'),
    ...given('continue'),
    ...number('limit'),
    ...number('timeoutSeconds'),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    ...(sends === null ? {} : { sendInitialEvents: isTrue(sends) }),
  };
}

/** @param userAgent its program, up to the slash, owns the fields when the request names nobody */
export function writeOptionsOf(
  query: URLSearchParams,
  userAgent: string,
  warn: (message: string) => void,
): WriteOptions {
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldManager: query.get('fieldManager') ?? (userAgent.split('/', 1).join('') || 'unknown'),
    force: isTrue(query.get('force')),
    fieldValidation: fieldValidationOf(query.get('fieldValidation')),
    warn,
  };
}

/** Of a DELETE the options may be in the body, the query, or both. */
export function deleteOptionsOf(query: URLSearchParams, body: Json | undefined): DeleteOptions {
  const grace = query.get('gracePeriodSeconds') ?? objectAt(body)['gracePeriodSeconds'];
  const policy = query.get('propagationPolicy') ?? textAt(body, 'propagationPolicy');
  const dryRun =
    query.getAll('dryRun').includes('All') || JSON.stringify(objectAt(body)['dryRun'] ?? []).includes('All');
  const preconditions = isObject(body) ? objectAt(body, 'preconditions') : {};
  return {
    dryRun,
    ...(grace === undefined
      ? {}
      : { gracePeriodSeconds: Number(grace) || numberAt(body, 'gracePeriodSeconds') }),
    ...(policy === 'Orphan' ? { propagationPolicy: policy } : {}),
    uid: textAt(preconditions, 'uid'),
    resourceVersion: textAt(preconditions, 'resourceVersion'),
  };
}

export function isTrue(text: string | null): boolean {
  // Go's ParseBool; a parameter without a value counts as true.
  return text !== null && ['', '1', 't', 'true', 'True', 'TRUE'].includes(text);
}

function fieldValidationOf(text: string | null): FieldValidation {
  return text === 'Strict' || text === 'Ignore' ? text : 'Warn';
}
