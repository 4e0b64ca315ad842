/** Deleting chains that jump to each other. */
import { inOrderOfDeletion, isServiceChain, isTreeChain } from '../rules/names.ts';
import type { Table } from '../rules/rule.ts';
import { partOf, type RestoreSession } from './session.ts';

/**
 * Deletes chains that only chains of the same list jump to. One that `stays`, because a rule of somebody else
 * jumps to it, is emptied instead: its own jumps would keep the others.
 */
export async function dropChains(
  session: RestoreSession,
  table: Table,
  names: readonly string[],
  stays: (name: string) => boolean,
): Promise<void> {
  const part = partOf(table);
  // The chains that Services share jump to each other, and their names do not tell which to which.
  for (const name of names) if (isTreeChain(name) || !isServiceChain(name)) session.chain(part, name, []);
  for (const name of inOrderOfDeletion(names)) {
    if (stays(name)) session.chain(part, name, []);
    else session.drop(part, name);
    await session.pause();
  }
}
