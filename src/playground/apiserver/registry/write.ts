/** What a write makes of the object that a client sent: the part of it that is the server's to say. */
import { randomUUID } from 'node:crypto';
import { type FieldError, invalid, invalidObject } from '../objects/fieldError.ts';
import { equal, type Json, type JsonObject, numberAt, objectAt, textAt, withAt } from '../objects/json.ts';
import { objectMetaErrors } from '../objects/names.ts';
import { type KubeObject, nameOf, type ObjectMeta, SYSTEM_FIELDS, withMeta } from '../objects/object.ts';
import { badRequest } from '../objects/status.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { timestamp } from './timestamp.ts';

/** A new object with all that the server adds. `suffix` completes a generateName. Throws a 400. */
export function newObject(
  resource: Resource,
  namespace: string,
  body: JsonObject,
  context: { readonly now: number; readonly suffix: string },
): KubeObject {
  checkKind(resource, body);
  const given = objectAt(body, 'metadata');
  const prefix = textAt(given, 'generateName');
  const name = textAt(given, 'name') || (prefix === '' ? '' : prefix + context.suffix);
  const metadata: ObjectMeta = {
    ...without(given, SYSTEM_FIELDS),
    name,
    ...(resource.namespaced ? { namespace: checkNamespace(namespace, given) } : {}),
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: timestamp(context.now),
    ...(resource.hasGeneration ? { generation: 1 } : {}),
  };
  // A kubelet registers its Node with the status in it; everywhere else the creator has no say in it.
  const spoken = resource.hasStatus && resource.kind !== 'Node' ? without(body, ['status']) : body;
  return resource.store({ ...spoken, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata });
}

/** The next state of an object, from what a client wants it to be. Throws a 400. */
export function nextObject(
  resource: Resource,
  old: KubeObject,
  body: JsonObject,
  subresource: 'status' | undefined,
): KubeObject {
  checkKind(resource, body);
  const given = objectAt(body, 'metadata');
  const name = nameOf(old);
  if (nameOf(body) !== '' && nameOf(body) !== name) {
    throw badRequest(`the name of the object (${nameOf(body)}) does not match the name on the URL (${name})`);
  }
  checkNamespace(old.metadata.namespace ?? '', given);
  const shown = resource.show(old);
  if (subresource === 'status') return resource.store(withStatus(shown, given, body['status']));
  const kept = Object.fromEntries(SYSTEM_FIELDS.map((key) => [key, old.metadata[key]]));
  const { uid, resourceVersion, namespace } = old.metadata;
  const metadata: ObjectMeta = {
    ...given,
    ...kept,
    name,
    uid,
    resourceVersion,
    ...(namespace && { namespace }),
  };
  const spoken = resource.hasStatus ? withAt(body, ['status'], old['status']) : body;
  const next = { ...spoken, apiVersion: shown.apiVersion, kind: shown.kind, metadata };
  return resource.store(withMeta(next, {}));
}

/** Counts a change of anything but metadata and status. */
export function withGeneration(resource: Resource, next: KubeObject, old: KubeObject): KubeObject {
  const generation = numberAt(old, 'metadata', 'generation');
  if (!resource.hasGeneration || equal(content(next), content(old))) return next;
  return withMeta(next, { generation: generation + 1 });
}

/** Throws a 422 with all that is wrong. */
export function validate(resource: Resource, object: KubeObject, old: KubeObject | undefined): void {
  const errors: FieldError[] = [...objectMetaErrors(resource, object), ...resource.validate(object, old)];
  const uid = textAt(object, 'metadata', 'uid');
  if (old !== undefined && uid !== old.metadata.uid)
    errors.push(invalid('metadata.uid', uid, 'field is immutable'));
  if (errors.length > 0) throw invalidObject(resource, nameOf(object), errors);
}

function withStatus(shown: KubeObject, given: JsonObject, status: Json | undefined): KubeObject {
  // Labels and annotations may be written along with the status; the spec may not.
  const { labels = shown.metadata['labels'], annotations = shown.metadata['annotations'] } = given;
  return withMeta({ ...shown, status: status ?? {} }, { labels, annotations });
}

function content(object: KubeObject): JsonObject {
  return without(object, ['metadata', 'status', 'apiVersion', 'kind']);
}

function checkKind(resource: Resource, body: JsonObject): void {
  const kind = textAt(body, 'kind') || resource.kind;
  const apiVersion = textAt(body, 'apiVersion') || apiVersionOf(resource);
  if (kind === resource.kind && apiVersion === apiVersionOf(resource)) return;
  throw badRequest(
    `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${resource.kind}`,
  );
}

function checkNamespace(namespace: string, given: JsonObject): string {
  const named = textAt(given, 'namespace');
  if (named === '' || named === namespace) return namespace;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
