import { Catalog } from '../../src/catalog/catalog.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';

/** Fills a catalog and publishes it, everything synced. */
export function filledCatalog(records: Iterable<ObjectRecord>, onPending?: () => void): Catalog {
  const catalog = new Catalog({ nodeName: 'node-0', ...(onPending === undefined ? {} : { onPending }) });
  for (const record of records) catalog.upsert(record);
  for (const kind of ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}
