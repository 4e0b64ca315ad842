/** Change sets on top of each other. */
import type { ChangeSet } from '../catalog/picture.ts';

export const NO_CHANGES: ChangeSet = {
  services: new Set(),
  namespaces: new Set(),
  node: false,
  pods: new Set(),
  problems: new Set(),
  synced: false,
};

/** What differs after both; `undefined` is everything. */
export function mergeChanges(
  first: ChangeSet | undefined,
  second: ChangeSet | undefined,
): ChangeSet | undefined {
  if (first === undefined || second === undefined) return undefined;
  return {
    services: new Set([...first.services, ...second.services]),
    namespaces: new Set([...first.namespaces, ...second.namespaces]),
    node: first.node || second.node,
    pods: new Set([...first.pods, ...second.pods]),
    problems: new Set([...first.problems, ...second.problems]),
    synced: first.synced || second.synced,
  };
}
