/** Core v1 Endpoints, told as the EndpointSlices that the mirroring controller would make of them. */
import { FAMILIES, type Family, familyOf } from '../../net/ip.ts';
import type { EndpointPortRecord, EndpointRecord, EndpointSliceRecord } from '../records.ts';
import { endpointPort, podName } from './endpointSlice.ts';
import type { Fields } from './fields.ts';
import { type Metadata, namespacedMetadata, triggeredAt } from './metadata.ts';
import { share } from './share.ts';

interface Subset {
  readonly index: number;
  readonly ports: readonly EndpointPortRecord[];
  readonly endpoints: readonly EndpointRecord[];
}

/** One record for each subset and family that has addresses. */
export function projectEndpoints(object: Fields): EndpointSliceRecord[] {
  const metadata = namespacedMetadata(object);
  return object
    .objects('subsets')
    .map(subset)
    .flatMap((part) => FAMILIES.flatMap((family) => slice(metadata, part, family)));
}

function subset(fields: Fields, index: number): Subset {
  return {
    index,
    ports: fields.objects('ports').map(endpointPort),
    endpoints: [
      ...fields.objects('addresses').map((address) => endpoint(address, true)),
      ...fields.objects('notReadyAddresses').map((address) => endpoint(address, false)),
    ],
  };
}

function slice(metadata: Metadata, part: Subset, family: Family): EndpointSliceRecord[] {
  const endpoints = part.endpoints.filter((entry) => familyOf(entry.address) === family);
  if (endpoints.length === 0) return [];
  return [
    {
      kind: 'EndpointSlice',
      namespace: metadata.namespace,
      // No object's name may hold a colon: this can never be the name of a real slice.
      name: `${metadata.name}:${part.index}:${family}`,
      serviceName: metadata.name,
      addressType: family,
      ports: part.ports,
      endpoints,
      triggeredAt: triggeredAt(metadata),
      fromEndpoints: true,
    },
  ];
}

function endpoint(fields: Fields, ready: boolean): EndpointRecord {
  return {
    address: fields.text('ip'),
    ready,
    serving: ready,
    terminating: false,
    hostname: fields.text('hostname'),
    nodeName: share(fields.text('nodeName')),
    zone: '',
    zoneHints: [],
    nodeHints: [],
    podName: podName(fields),
  };
}
