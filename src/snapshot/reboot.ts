import type { ObjectRecord } from '../kube/records.ts';

/**
 * A record of before this node's last start, as far as it still holds: of its endpoints, those on other nodes. No
 * pod of this node has lived through it, and an address of theirs may be another pod's by now. Those on the node's
 * own network are no exception: whether the kubelet has started them again, only the API server will tell.
 */
export function afterReboot(record: ObjectRecord, nodeName: string): ObjectRecord {
  if (record.kind !== 'EndpointSlice') return record;
  return { ...record, endpoints: record.endpoints.filter((endpoint) => endpoint.nodeName !== nodeName) };
}
