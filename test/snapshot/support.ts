import { Catalog } from '../../src/catalog/catalog.ts';
import type { Picture } from '../../src/catalog/picture.ts';
import { messageOf } from '../../src/errors/caught.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import type { StateFolder } from '../../src/host/stateFolder.ts';
import type { SnapshotOwner } from '../../src/snapshot/head.ts';
import { readSnapshot } from '../../src/snapshot/read.ts';

export const OWNER: SnapshotOwner = { cluster: 'https://10.96.0.1:443, CA 01', node: 'n1', boot: 'b1' };

/** A catalog that was told these records, whole. */
export function catalogOf(records: Iterable<ObjectRecord>): Catalog {
  const catalog = new Catalog({ nodeName: 'n1' });
  for (const record of records) catalog.upsert(record);
  for (const kind of ['Namespace', 'Node', 'Service', 'EndpointSlice'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}

/** What a picture says, without what only says how it came to be. */
export function saidBy({ services, namespaces, node }: Picture): object {
  return { services: Object.fromEntries(services), namespaces: [...namespaces].sort(), node };
}

/** All of a snapshot's records; `undefined` when there is none, and why when it is not taken. */
export async function recallFrom(
  folder: Pick<StateFolder, 'read'>,
  owner: SnapshotOwner = OWNER,
  now = 0,
): Promise<ObjectRecord[] | string | undefined> {
  try {
    const found = await readSnapshot(folder, owner, now);
    if (found === undefined) return undefined;
    const records: ObjectRecord[] = [];
    for await (const record of found.records) records.push(record);
    return records;
  } catch (error) {
    return messageOf(error);
  }
}
