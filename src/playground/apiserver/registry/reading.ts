/** A body as its kind: what does not exist in it is dropped, told, or refused, as the client wishes. */
import type { JsonObject } from '../objects/json.ts';
import { badRequest } from '../objects/status.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { readAs } from '../schema/check.ts';
import type { WriteOptions } from './options.ts';

/** Throws a 400 with the words of the real decoder; `unreadable` may make something else of what has the wrong kind. */
export function readBodyAs(
  resource: Resource,
  body: JsonObject,
  options: WriteOptions,
  unreadable: (why: string) => Error = (why) => unfit(resource, why),
): JsonObject {
  const { object, unknown, wrong } = readAs(resource.typeName, body);
  const [first] = wrong;
  if (first !== undefined) throw unreadable(first);
  const told = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (told.length > 0 && options.fieldValidation === 'Strict') {
    throw unfit(resource, `strict decoding error: ${told.join(', ')}`);
  }
  if (options.fieldValidation !== 'Ignore') for (const warning of told) options.warn?.(warning);
  return object;
}

function unfit(resource: Resource, why: string): Error {
  const { kind } = resource;
  return badRequest(
    `${kind} in version ${JSON.stringify(apiVersionOf(resource))} cannot be handled as a ${kind}: ${why}`,
  );
}
