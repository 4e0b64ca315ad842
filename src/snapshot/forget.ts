/** Takes away what is kept of a cluster. */
import type { StateFolder } from '../host/stateFolder.ts';
import { FILE_NAME, UNFINISHED_NAME } from './format.ts';
import { isJournalName } from './journalFormat.ts';

/** For a node that is to know nothing of the cluster any more. Rejects with the system's error. */
export async function forgetSnapshot(folder: Pick<StateFolder, 'list' | 'remove'>): Promise<void> {
  for (const name of [UNFINISHED_NAME, FILE_NAME]) await folder.remove(name);
  await forgetJournals(folder);
}

/** Journals of snapshots that have been replaced, an earlier agent's among them. */
export async function forgetJournals(
  folder: Pick<StateFolder, 'list' | 'remove'>,
  but?: string,
): Promise<void> {
  for (const name of await folder.list()) {
    if (isJournalName(name) && name !== but) await folder.remove(name);
  }
}
