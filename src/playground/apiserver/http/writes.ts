/** The verbs that change something, from a request's body to its answer. */
import { isObject, type Json, type JsonObject } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { badRequest } from '../objects/status.ts';
import { patched, patchTypeOf } from '../patch/patcher.ts';
import type { DeleteOptions, WriteOptions } from '../registry/options.ts';
import type { Registry } from '../registry/registry.ts';
import { deleteOptionsOf, type Route, watchOptionsOf, writeOptionsOf } from '../route.ts';
import { parseBody } from './body.ts';
import { renderList, renderObject, type View } from './render.ts';
import { patchScale, updateScale } from './scale.ts';
import type { WriteVerb } from './verb.ts';

export interface WriteRequest {
  readonly verb: WriteVerb;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** Who writes, when the request does not say: the client's program. */
  readonly userAgent: string;
  readonly contentType: string;
  readonly view: View;
  /** For the `Warning` header. */
  readonly warn: (message: string) => void;
}

export interface WriteAnswer {
  readonly code: number;
  readonly value: JsonObject;
}

/** Throws the ApiError that is to be sent instead. */
export function write(registry: Registry, request: WriteRequest): WriteAnswer {
  const { resource, namespace, name } = request.route;
  const shown: Shown = (code, object) => ({ code, value: renderObject(resource, object, request.view) });
  switch (request.verb) {
    case 'create':
      return shown(201, registry.create(resource, namespace, sentObject(request), optionsOf(request)));
    case 'update':
      if (request.route.subresource === 'scale') {
        return { code: 200, value: updateScale(registry, request.route, sent(request), optionsOf(request)) };
      }
      return shown(200, registry.update(resource, namespace, name, sentObject(request), optionsOf(request)));
    case 'patch':
      return patch(registry, request, shown);
    case 'delete': {
      const last = registry.delete(resource, namespace, name, deletion(request));
      return { code: 200, value: deletedStatus(request.route, last) };
    }
    case 'deletecollection':
      break;
  }
  const which = watchOptionsOf(request.query);
  const items = registry.deleteCollection(resource, namespace, which, deletion(request));
  return { code: 200, value: renderList(resource, { items, resourceVersion: '' }, request.view) };
}

type Shown = (code: number, object: KubeObject) => WriteAnswer;

function patch(registry: Registry, request: WriteRequest, shown: Shown): WriteAnswer {
  const { route, query } = request;
  const { resource, namespace, name } = route;
  const type = patchTypeOf(request.contentType);
  const body = sent(request);
  const options = optionsOf(request);
  if (type === 'apply') {
    if (!isObject(body) || route.subresource === 'scale')
      throw badRequest('an applied configuration is an object');
    // Whoever applies must say who he is.
    const fieldManager = query.get('fieldManager') ?? '';
    const { object, created } = registry.apply(resource, namespace, name, body, { ...options, fieldManager });
    return shown(created ? 201 : 200, object);
  }
  if (route.subresource === 'scale') {
    return { code: 200, value: patchScale(registry, route, type, body, options) };
  }
  return shown(
    200,
    registry.patch(resource, namespace, name, (now) => patched(now, type, body), options),
  );
}

function sent({ body, contentType }: WriteRequest): Json {
  return parseBody(body, contentType);
}

function sentObject(request: WriteRequest): JsonObject {
  const value = sent(request);
  if (isObject(value)) return value;
  throw badRequest('the object provided is unrecognized: it is no object');
}

function optionsOf({ route, query, warn, userAgent }: WriteRequest): WriteOptions {
  const options = writeOptionsOf(query, userAgent, warn);
  return route.subresource === 'status' ? { ...options, subresource: 'status' } : options;
}

function deletion(request: WriteRequest): DeleteOptions {
  return deleteOptionsOf(request.query, request.body.length === 0 ? undefined : sent(request));
}

function deletedStatus({ resource, name }: Route, last: KubeObject): JsonObject {
  // Still there: the client is shown what it waits for.
  if (last.metadata['deletionTimestamp'] !== undefined) return last;
  const { group, plural } = resource;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, uid: last.metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
