/** One manifest file. */
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
 * half a file nobody could say which of its objects are meant to be gone.
 * @throws ManifestError with document and line or field
 */
export function readManifest(file: string, text: string): Manifest {
  const found = readDocuments(text).map(readObject);
  return {
    file,
    objects: found.filter((object) => typeof object !== 'string'),
    otherKinds: found.filter((object) => typeof object === 'string'),
  };
}
