/** Changes that wait to be programmed, or are being programmed. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import { mergeChanges } from './changes.ts';

export interface Pending {
  readonly picture: Picture;
  /** `undefined` is everything. */
  readonly changes: ChangeSet | undefined;
  /** clock.monotonic() of the oldest change in it. */
  readonly since: number;
}

/** What waits once `newer` came; as old as its oldest part. */
export function addedTo(waiting: Pending | undefined, newer: Pending): Pending {
  if (waiting === undefined) return newer;
  const { picture, changes } = newer;
  return { picture, changes: mergeChanges(waiting.changes, changes), since: waiting.since };
}

/** Services that any of these is about. */
export function countServices(...parts: readonly (Pending | undefined)[]): number {
  const keys = new Set<string>();
  for (const { picture, changes } of parts.filter((part) => part !== undefined)) {
    for (const key of changes?.services ?? picture.services.keys()) keys.add(key);
  }
  return keys.size;
}
