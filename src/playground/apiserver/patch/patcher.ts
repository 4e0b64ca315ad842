/** Which of the API's patch formats a body is in. */
import type { Json } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { ApiError } from '../objects/status.ts';
import { jsonPatch } from './jsonPatch.ts';
import { mergePatch } from './mergePatch.ts';
import { typeOfKind } from '../schema/schema.ts';
import { strategicMerge } from './strategicMerge.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** Throws a 415. */
export function patchTypeOf(contentType: string): PatchType {
  switch (contentType.split(';', 1).join('').trim()) {
    case 'application/json-patch+json':
      return 'json';
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/strategic-merge-patch+json':
      return 'strategic';
    case 'application/apply-patch+yaml':
      return 'apply';
    default:
      throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
}

export function patched(shown: KubeObject, type: Exclude<PatchType, 'apply'>, patch: Json): Json {
  if (type === 'json') return jsonPatch(shown, patch);
  return type === 'merge' ? mergePatch(shown, patch) : strategicMerge(shown, patch, typeOfKind(shown.kind));
}
