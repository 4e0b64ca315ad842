/** What is served, for clients that ask before they act. */
import type { Json, JsonObject } from '../objects/json.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { RESOURCES } from '../resources/resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUB_VERBS = ['get', 'patch', 'update'];
const TOKEN_KIND = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

/** How a client asks for, and is told of, discovery in one document a root. */
export const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The document at a discovery path, `undefined` when it is none. */
export function discoveryAt(path: string, accept: string): JsonObject | undefined {
  const wanted = accept.split(',').some((type) => type.replaceAll(' ', '') === AGGREGATED);
  if (wanted && (path === '/api' || path === '/apis')) return aggregated(path === '/api' ? [''] : groups());
  switch (path) {
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) };
    case '/version':
      return {
        major: '1',
        minor: '34',
        gitVersion: 'v1.34.0+fairlead-playground',
        gitCommit: '',
        gitTreeState: 'clean',
        buildDate: '1970-01-01T00:00:00Z',
        goVersion: '',
        compiler: '',
        platform: 'linux/amd64',
      };
    default:
      return apiGroupAt(path) ?? resourceListAt(path);
  }
}

function aggregated(names: readonly string[]): JsonObject {
  const items = names.map((name) => {
    const resources = RESOURCES.filter((row) => row.group === name).map(aggregatedResource);
    return {
      metadata: { name, creationTimestamp: null },
      versions: [{ version: 'v1', resources, freshness: 'Current' }],
    };
  });
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource(row: Resource): JsonObject {
  const { plural, singular, kind, shortNames } = row;
  const responseKind = { group: row.group, version: row.version, kind };
  const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const sub = (subresource: string, of: JsonObject, verbs = SUB_VERBS): JsonObject => ({
    subresource,
    responseKind: of,
    verbs,
  });
  return {
    resource: plural,
    responseKind,
    scope: row.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: VERBS,
    shortNames,
    categories: row.inAll ? ['all'] : [],
    subresources: [
      ...(row.hasStatus ? [sub('status', responseKind)] : []),
      ...(row.hasScale ? [sub('scale', scaleKind)] : []),
      ...(row.hasToken ? [sub('token', TOKEN_KIND, ['create'])] : []),
    ],
  };
}

function groups(): readonly string[] {
  return [...new Set(RESOURCES.map((row) => row.group))].filter((group) => group !== '');
}

function apiGroup(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function apiGroupAt(path: string): JsonObject | undefined {
  const name = groups().find((group) => path === `/apis/${group}`);
  return name === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(name) };
}

function resourceListAt(path: string): JsonObject | undefined {
  const rows = RESOURCES.filter((row) => path === prefixOf(row));
  const [first] = rows;
  if (first === undefined) return undefined;
  const resources = rows.flatMap(apiResources);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(first), resources };
}

function prefixOf(row: Resource): string {
  return row.group === '' ? '/api/v1' : `/apis/${apiVersionOf(row)}`;
}

function apiResources(row: Resource): Json[] {
  const { plural, singular, namespaced, kind, shortNames } = row;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(row.inAll ? { categories: ['all'] } : {}),
  };
  const sub = (name: string, of: JsonObject, verbs = SUB_VERBS): JsonObject => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...of,
    verbs,
  });
  return [
    main,
    ...(row.hasStatus ? [sub('status', { kind })] : []),
    ...(row.hasScale ? [sub('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' })] : []),
    ...(row.hasToken ? [sub('token', TOKEN_KIND, ['create'])] : []),
  ];
}
