import type { IngressRecord, ServicePortRecord, ServiceRecord } from '../records.ts';
import type { Fields } from './fields.ts';
import { namespacedMetadata } from './metadata.ts';
import { share } from './share.ts';

const MODE = 'fairlead.dev/mode';
const PROXY_PROTOCOL = 'fairlead.dev/proxy-protocol';
const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
/** What the API server fills in; a manifest may leave it out. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

export function projectService(object: Fields): ServiceRecord {
  const { namespace, name, labels, annotations } = namespacedMetadata(object);
  const spec = object.object('spec');
  return {
    kind: 'Service',
    namespace,
    name,
    type: spec.text('type') || 'ClusterIP',
    clusterIPs: clusterIPs(spec),
    ports: spec.objects('ports').map(port),
    externalIPs: spec.texts('externalIPs'),
    ingress: object.object('status').object('loadBalancer').objects('ingress').map(ingress),
    loadBalancerSourceRanges: spec.texts('loadBalancerSourceRanges'),
    externalName: spec.text('externalName'),
    affinitySeconds: affinitySeconds(spec),
    externalTrafficLocal: spec.text('externalTrafficPolicy') === 'Local',
    internalTrafficLocal: spec.text('internalTrafficPolicy') === 'Local',
    healthCheckNodePort: spec.number('healthCheckNodePort'),
    proxyName: proxyName(labels),
    mode: share(annotations.text(MODE)),
    proxyProtocol: share(annotations.text(PROXY_PROTOCOL)),
    hasSelector: spec.has('selector'),
  };
}

function clusterIPs(spec: Fields): readonly string[] {
  const many = spec.texts('clusterIPs');
  const one = spec.text('clusterIP');
  if (many.length > 0) return many;
  return one === '' ? [] : [one];
}

function port(fields: Fields): ServicePortRecord {
  return {
    name: share(fields.text('name')),
    protocol: fields.text('protocol') || 'TCP',
    port: fields.number('port'),
    nodePort: fields.number('nodePort'),
  };
}

function ingress(fields: Fields): IngressRecord {
  return { ip: fields.text('ip'), ipMode: fields.text('ipMode') };
}

function affinitySeconds(spec: Fields): number {
  const seconds = spec.object('sessionAffinityConfig').object('clientIP').number('timeoutSeconds');
  return spec.text('sessionAffinity') === 'ClientIP' ? seconds || DEFAULT_AFFINITY_SECONDS : 0;
}

/** kube-proxy leaves out every Service that has the label, even one with an empty value. */
function proxyName(labels: Fields): string {
  if (!labels.has(PROXY_NAME)) return '';
  return share(labels.text(PROXY_NAME) || '(unnamed)');
}
