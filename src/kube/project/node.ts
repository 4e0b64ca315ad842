import type { NodeRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { clusterMetadata } from './metadata.ts';

const ZONE = 'topology.kubernetes.io/zone';
/** The cluster autoscaler's announcement that it will delete the node; kube-proxy then fails its health check. */
const LEAVING_TAINT = 'ToBeDeletedByClusterAutoscaler';

export function projectNode(object: Fields): NodeRecord {
  const { name, labels } = clusterMetadata(object);
  const spec = object.object('spec');
  const addresses = object.object('status').objects('addresses');
  const tainted = spec.objects('taints').some((taint) => taint.text('key') === LEAVING_TAINT);
  return {
    kind: 'Node',
    namespace: '',
    name,
    addresses: [...ofType(addresses, 'InternalIP'), ...ofType(addresses, 'ExternalIP')],
    podCIDRs: podCIDRs(spec),
    zone: labels.text(ZONE),
    leaving: tainted || object.object('metadata').text('deletionTimestamp') !== '',
  };
}

function ofType(addresses: readonly Fields[], type: string): string[] {
  return addresses.filter((entry) => entry.text('type') === type).map((entry) => entry.text('address'));
}

function podCIDRs(spec: Fields): readonly string[] {
  const many = spec.texts('podCIDRs');
  const one = spec.text('podCIDR');
  if (many.length > 0) return many;
  return one === '' ? [] : [one];
}
