/** JSON Merge Patch, RFC 7396: null takes away, lists are replaced whole. */
import { isObject, type Json, type JsonObject } from '../objects/json.ts';

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  const merged: JsonObject = result;
  return merged;
}
