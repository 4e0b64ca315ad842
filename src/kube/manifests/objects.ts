/** One document of a manifest, told as records. */
import type { Problem } from '../problem.ts';
import { Fields, ShapeError } from '../project/fields.ts';
import { projectEndpointsObject, projectObject } from '../project/project.ts';
import type { Kind, ObjectRecord } from '../records.ts';
import { type Document, ManifestError } from './documents.ts';

export type ManifestObject =
  | { readonly where: string; readonly id: string; readonly records: readonly ObjectRecord[] }
  | { readonly where: string; readonly id: string; readonly problem: Problem };

/** Those that manifests tell. */
type ManifestKind = Exclude<Kind, 'ConfigMap'> | 'Endpoints';

/** Group and version are told apart too: a Knative Service is no Service. */
const API_GROUPS: Readonly<Record<ManifestKind, string>> = {
  Service: '',
  Endpoints: '',
  Node: '',
  Namespace: '',
  Pod: '',
  EndpointSlice: 'discovery.k8s.io',
};

/**
 * The object of a document, or the name of its kind when that is none of ours.
 * @throws ManifestError when it cannot be told which object the document is
 */
export function readObject({ where, value }: Document): ManifestObject | string {
  const { kind, apiVersion, name, namespace } = identify(where, value);
  if (!isOurs(kind) || groupOf(apiVersion) !== API_GROUPS[kind]) return kind;
  const id = `${kind} ${namespace}/${name}`;
  if (kind === 'Endpoints') return { where, id, ...projectEndpointsObject(value) };
  const result = projectObject(kind, value);
  return 'problem' in result
    ? { where, id, problem: result.problem }
    : { where, id, records: [result.record] };
}

function identify(
  where: string,
  value: unknown,
): { kind: string; apiVersion: string; name: string; namespace: string } {
  try {
    const object = new Fields(value);
    const kind = object.text('kind');
    if (kind === '') throw new ManifestError(`${where}: kind: is missing`);
    const apiVersion = object.text('apiVersion');
    if (apiVersion === '') throw new ManifestError(`${where}: apiVersion: is missing`);
    const metadata = object.object('metadata');
    const name = metadata.text('name');
    if (name === '' && isOurs(kind)) throw new ManifestError(`${where}: metadata.name: is missing`);
    return { kind, apiVersion, name, namespace: metadata.text('namespace') || 'default' };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ManifestError(`${where}: ${error.field === '' ? '' : `${error.field}: `}${error.message}`);
  }
}

function isOurs(kind: string): kind is ManifestKind {
  return Object.hasOwn(API_GROUPS, kind);
}

/** `discovery.k8s.io/v1` is of `discovery.k8s.io`; `v1`, or nothing, of the core group. */
function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
