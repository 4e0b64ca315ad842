import type { PodRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { namespacedMetadata } from './metadata.ts';
import { share } from './share.ts';

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Unknown']);
/** Empty: the API server fills in the first of them. */
const CLUSTER_POLICIES: ReadonlySet<string> = new Set(['ClusterFirst', 'ClusterFirstWithHostNet', '']);

export function projectPod(object: Fields): PodRecord {
  const { namespace, name } = namespacedMetadata(object);
  const spec = object.object('spec');
  const status = object.object('status');
  return {
    kind: 'Pod',
    namespace,
    name,
    ips: podIPs(status),
    nodeName: share(spec.text('nodeName')),
    hostNetwork: spec.boolean('hostNetwork', false),
    ended: ENDED.has(status.text('phase')),
    clusterSearch:
      CLUSTER_POLICIES.has(spec.text('dnsPolicy')) && spec.object('dnsConfig').texts('searches').length === 0,
  };
}

function podIPs(status: Fields): readonly string[] {
  const many = status.objects('podIPs').map((entry) => entry.text('ip'));
  const one = status.text('podIP');
  if (many.length > 0) return many;
  return one === '' ? [] : [one];
}
