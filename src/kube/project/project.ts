/** Objects of the API, however they were read, become the small records that we keep. */
import type { Problem } from '../problem.ts';
import type { EndpointSliceRecord, Kind, ObjectRecord } from '../records.ts';
import { projectEndpointSlice } from './endpointSlice.ts';
import { projectEndpoints } from './endpoints.ts';
import { Fields, ShapeError } from './fields.ts';
import { projectConfigMap } from './configMap.ts';
import { projectNamespace } from './namespace.ts';
import { projectNode } from './node.ts';
import { projectPod } from './pod.ts';
import { projectService } from './service.ts';

const PROJECTIONS: Readonly<Record<Kind, (object: Fields) => ObjectRecord>> = {
  Service: projectService,
  EndpointSlice: projectEndpointSlice,
  Node: projectNode,
  Namespace: projectNamespace,
  Pod: projectPod,
  ConfigMap: projectConfigMap,
};

/**
 * The record of one object. Total over anything that JSON or YAML can hold, and never throws: a wrong shape, or
 * an object without a name, is a Problem that says which field. Values are not judged here.
 *
 * The record holds no reference into `object`, and texts that many objects repeat are kept once.
 */
export function projectObject(kind: Kind, object: unknown): { record: ObjectRecord } | { problem: Problem } {
  return attempt(kind, object, (fields) => ({ record: PROJECTIONS[kind](fields) }));
}

/**
 * A core v1 Endpoints object as slices, one for each of its subsets and families; none when it has no address.
 * They differ from real ones by `fromEndpoints` and by a name that no object can have.
 */
export function projectEndpointsObject(
  object: unknown,
): { records: EndpointSliceRecord[] } | { problem: Problem } {
  return attempt('Endpoints', object, (fields) => ({ records: projectEndpoints(fields) }));
}

function attempt<T>(kind: string, object: unknown, read: (fields: Fields) => T): T | { problem: Problem } {
  try {
    return read(new Fields(object));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return { problem: { object: nameOf(kind, object), field: error.field, message: error.message } };
  }
}

/** As much of the object's name as can be read; where it can, it is the name that its record would have. */
function nameOf(kind: string, object: unknown): Problem['object'] {
  const part = (field: 'namespace' | 'name'): string => {
    try {
      return new Fields(object).object('metadata').text(field);
    } catch {
      return '';
    }
  };
  const name = part('name');
  if (name === '') return { kind, namespace: '', name: '(unnamed)' };
  const isNamespaced = kind !== 'Node' && kind !== 'Namespace';
  return { kind, namespace: isNamespaced ? part('namespace') || 'default' : '', name };
}
