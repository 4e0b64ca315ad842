import { load } from 'js-yaml';
import { isObject, type Json, type JsonObject } from '../../../src/playground/apiserver/objects/json.ts';

/** One document. @throws Error where it is no object */
export function fromYaml(text: string): JsonObject {
  const document = load(text) as Json;
  if (!isObject(document)) throw new Error('no object');
  return document;
}
