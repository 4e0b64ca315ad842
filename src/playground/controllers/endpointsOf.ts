/** Which endpoints a Service has: pure, from the Service, the Pods of its namespace and the nodes' zones. */
import { canonicalIP, type Family, familyOf } from '../../net/ip.ts';
import {
  at,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from '../apiserver/objects/json.ts';
import { labelsOf, type KubeObject, nameOf, namespaceOf } from '../apiserver/objects/object.ts';
import { labelSelectorOf } from '../apiserver/select/labels.ts';

/** Endpoints of one family whose Pods resolve the Service's ports alike; a slice holds no others. */
export interface EndpointGroup {
  readonly addressType: Family;
  readonly ports: readonly JsonObject[];
  readonly endpoints: readonly JsonObject[];
}

/** A Service that this controller makes slices for. */
export function isManaged(service: KubeObject): boolean {
  return (
    textAt(service, 'spec', 'type') !== 'ExternalName' &&
    Object.keys(objectAt(service, 'spec', 'selector')).length > 0
  );
}

/** Whether the Service's selector selects the Pod: all of its labels, in its namespace. */
export function selects(service: KubeObject, pod: KubeObject): boolean {
  if (namespaceOf(service) !== namespaceOf(pod)) return false;
  return labelSelectorOf({ matchLabels: objectAt(service, 'spec', 'selector') })(labelsOf(pod));
}

export function familiesOf(service: KubeObject): readonly Family[] {
  return textsAt(service, 'spec', 'ipFamilies').filter((text) => text === 'IPv4' || text === 'IPv6');
}

/** @param zoneOf zone of a node by its name, `''` when it has none */
export function endpointGroups(
  service: KubeObject,
  pods: readonly KubeObject[],
  zoneOf: (node: string) => string,
): readonly EndpointGroup[] {
  const groups = new Map<
    string,
    { addressType: Family; ports: readonly JsonObject[]; endpoints: JsonObject[] }
  >();
  for (const pod of pods) {
    if (!selects(service, pod) || hasEnded(pod)) continue;
    const ports = portsFor(service, pod);
    for (const addressType of familiesOf(service)) {
      const address = podIPs(pod).find((ip) => familyOf(ip) === addressType);
      // Not yet scheduled, or its network is not up.
      if (address === undefined) continue;
      const key = `${addressType} ${JSON.stringify(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpointOf(service, pod, address, zoneOf(textAt(pod, 'spec', 'nodeName'))));
    }
  }
  return [...groups.values()];
}

function hasEnded(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
}

function podIPs(pod: KubeObject): readonly string[] {
  const listed = listAt(pod, 'status', 'podIPs').map((one) => textAt(one, 'ip'));
  const all = listed.length > 0 ? listed : [textAt(pod, 'status', 'podIP')];
  return all.map(canonicalIP).filter((ip) => ip !== undefined);
}

function endpointOf(service: KubeObject, pod: KubeObject, address: string, zone: string): JsonObject {
  const serving = isReady(pod);
  const terminating = pod.metadata['deletionTimestamp'] !== undefined;
  const ready = at(service, 'spec', 'publishNotReadyAddresses') === true || (serving && !terminating);
  const nodeName = textAt(pod, 'spec', 'nodeName');
  const hostname = textAt(pod, 'spec', 'hostname');
  const named = hostname !== '' && textAt(pod, 'spec', 'subdomain') === nameOf(service);
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(named ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: pod.metadata.uid },
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === '' ? {} : { zone }),
  };
}

function isReady(pod: KubeObject): boolean {
  const conditions = listAt(pod, 'status', 'conditions').filter(isObject);
  return conditions.some((one) => one['type'] === 'Ready' && one['status'] === 'True');
}

/** The Service's ports as this Pod has them; one that the Pod does not have is left out. */
function portsFor(service: KubeObject, pod: KubeObject): readonly JsonObject[] {
  return listAt(service, 'spec', 'ports')
    .filter(isObject)
    .flatMap((port) => {
      const protocol = textAt(port, 'protocol');
      const number = targetOf(pod, port['targetPort'], protocol);
      if (number === undefined) return [];
      const { appProtocol } = port;
      return [
        {
          name: textAt(port, 'name'),
          protocol,
          port: number,
          ...(appProtocol === undefined ? {} : { appProtocol }),
        },
      ];
    });
}

function targetOf(pod: KubeObject, target: Json | undefined, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  const containers = [...listAt(pod, 'spec', 'containers'), ...sidecars(pod)];
  const named = containers
    .flatMap((container) => listAt(container, 'ports'))
    .filter(isObject)
    .find((port) => port['name'] === target && (textAt(port, 'protocol') || 'TCP') === protocol);
  return named === undefined ? undefined : numberAt(named, 'containerPort');
}

/** Init containers that stay: their ports count, those of the others are gone when the Pod serves. */
function sidecars(pod: KubeObject): readonly Json[] {
  return listAt(pod, 'spec', 'initContainers').filter((one) => textAt(one, 'restartPolicy') === 'Always');
}
