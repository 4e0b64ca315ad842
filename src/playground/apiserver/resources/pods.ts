import {
  at,
  isList,
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
} from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { orNone } from './cells.ts';
import { type Resource, resource } from './resource.ts';

export const pods: Resource = resource({
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  hasStatus: true,
  inAll: true,
  defaults: (pod) => ({ ...pod, spec: defaultPodSpec(objectAt(pod, 'spec')) }),
  prepare: (pod, old) =>
    old === undefined ? { ...pod, status: { phase: 'Pending', qosClass: 'BestEffort' } } : pod,
  fields: (pod) => ({
    'spec.nodeName': textAt(pod, 'spec', 'nodeName'),
    'spec.restartPolicy': textAt(pod, 'spec', 'restartPolicy'),
    'spec.schedulerName': textAt(pod, 'spec', 'schedulerName'),
    'spec.serviceAccountName': textAt(pod, 'spec', 'serviceAccountName'),
    'spec.hostNetwork': String(at(pod, 'spec', 'hostNetwork') === true),
    'status.phase': textAt(pod, 'status', 'phase'),
    'status.podIP': textAt(pod, 'status', 'podIP'),
    'status.nominatedNodeName': textAt(pod, 'status', 'nominatedNodeName'),
  }),
  columns: [
    { name: 'Ready', cell: readyOf },
    { name: 'Status', cell: statusOf },
    { name: 'Restarts', cell: (pod) => String(restartsOf(pod)) },
    { name: 'IP', wide: true, cell: (pod) => orNone(textAt(pod, 'status', 'podIP')) },
    { name: 'Node', wide: true, cell: (pod) => orNone(textAt(pod, 'spec', 'nodeName')) },
  ],
});

/** What the API fills in of a Pod's spec, as far as clients look at it. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
    ...(isList(spec['containers'])
      ? { containers: listAt(spec, 'containers').map((one) => (isObject(one) ? defaultContainer(one) : one)) }
      : {}),
  };
}

function defaultContainer(container: JsonObject): JsonObject {
  const image = textAt(container, 'image');
  const latest = image.endsWith(':latest') || !image.slice(image.lastIndexOf('/')).includes(':');
  const ports = container['ports'];
  return {
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
    ...container,
    // The default matters: protocol is half of the key by which patches find a port.
    ...(isList(ports)
      ? { ports: ports.map((port) => (isObject(port) ? { protocol: 'TCP', ...port } : port)) }
      : {}),
  };
}

function containerStatuses(pod: JsonObject): readonly JsonObject[] {
  return listAt(pod, 'status', 'containerStatuses').filter(isObject);
}

function readyOf(pod: KubeObject): string {
  const ready = containerStatuses(pod).filter((status) => status['ready'] === true);
  return `${ready.length}/${listAt(pod, 'spec', 'containers').length}`;
}

function restartsOf(pod: KubeObject): number {
  return containerStatuses(pod).reduce((sum, status) => sum + numberAt(status, 'restartCount'), 0);
}

function statusOf(pod: KubeObject): string {
  if (pod.metadata['deletionTimestamp'] !== undefined) return 'Terminating';
  return textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
}
