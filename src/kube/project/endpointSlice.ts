import type { EndpointPortRecord, EndpointRecord, EndpointSliceRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { namespacedMetadata, triggeredAt } from './metadata.ts';
import { share } from './share.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
/** Most endpoints have no hints: they share this. */
const NO_HINTS: readonly string[] = Object.freeze([]);

export function projectEndpointSlice(object: Fields): EndpointSliceRecord {
  const metadata = namespacedMetadata(object);
  return {
    kind: 'EndpointSlice',
    namespace: metadata.namespace,
    name: metadata.name,
    serviceName: share(metadata.labels.text(SERVICE_NAME)),
    addressType: object.text('addressType'),
    ports: object.objects('ports').map(endpointPort),
    endpoints: object.objects('endpoints').map(endpoint),
    triggeredAt: triggeredAt(metadata),
    fromEndpoints: false,
  };
}

/** Slices and Endpoints objects hold ports of the same shape. */
export function endpointPort(fields: Fields): EndpointPortRecord {
  return {
    name: share(fields.text('name')),
    protocol: fields.text('protocol') || 'TCP',
    port: fields.number('port'),
  };
}

/** Name of the pod behind an endpoint; a targetRef may also be a Node or anything else. */
export function podName(fields: Fields): string {
  const target = fields.object('targetRef');
  return target.text('kind') === 'Pod' ? target.text('name') : '';
}

function endpoint(fields: Fields): EndpointRecord {
  const conditions = fields.object('conditions');
  const hints = fields.object('hints');
  return {
    address: fields.texts('addresses')[0] ?? '',
    ready: conditions.boolean('ready', true),
    serving: conditions.boolean('serving', true),
    terminating: conditions.boolean('terminating', false),
    hostname: fields.text('hostname'),
    nodeName: share(fields.text('nodeName')),
    zone: share(fields.text('zone')),
    zoneHints: hintNames(hints.objects('forZones')),
    nodeHints: hintNames(hints.objects('forNodes')),
    podName: podName(fields),
  };
}

function hintNames(hints: readonly Fields[]): readonly string[] {
  return hints.length === 0 ? NO_HINTS : hints.map((hint) => share(hint.text('name')));
}
