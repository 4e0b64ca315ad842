/** One manifest file. */
import type { TurnBudget } from '../stream/turnBudget.ts';
import { readDocuments } from './documents.ts';
import { type ManifestObject, readObject } from './objects.ts';

export interface Manifest {
  /** Its name in the folder. */
  readonly file: string;
  readonly objects: readonly ManifestObject[];
  /** Kinds in it that are none of ours. */
  readonly otherKinds: readonly string[];
}

/**
 * All or nothing: a file with a document that cannot be read, or that could be any object, is not used at all. Of
 * half a file nobody could say which of its objects are meant to be gone. Rejects with a ManifestError that names the
 * document, and line or field.
 */
export async function readManifest(file: string, text: string, budget: TurnBudget): Promise<Manifest> {
  const objects: ManifestObject[] = [];
  const otherKinds: string[] = [];
  for (const document of readDocuments(text)) {
    const object = readObject(document);
    if (typeof object === 'string') otherKinds.push(object);
    else objects.push(object);
    if (budget.spent) await budget.next();
  }
  return { file, objects, otherKinds };
}
