/** Which Pods a DaemonSet is to have, and which of those that it has must go: pure. */
import { createHash } from 'node:crypto';
import {
  at,
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
} from '../apiserver/objects/json.ts';
import { labelsOf, type KubeObject, nameOf, namespaceOf } from '../apiserver/objects/object.ts';
import { labelSelectorOf } from '../apiserver/select/labels.ts';

/** Which template a Pod was made of. */
const HASH = 'controller-revision-hash';

export interface DaemonPods {
  readonly create: readonly JsonObject[];
  readonly remove: readonly KubeObject[];
  readonly status: JsonObject;
  /** Milliseconds until the next Pod that is ready has been so for long enough; infinite when none is waited for. */
  readonly again: number;
}

/** @param pods those that the DaemonSet owns */
export function daemonPods(
  set: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  now: number,
): DaemonPods {
  const template = objectAt(set, 'spec', 'template');
  const hash = hashOf(template);
  const wanted = nodes.filter((node) => fits(node, template)).map(nameOf);
  const placed = pods.filter((pod) => wanted.includes(nodeOf(pod)));
  const waits = placed.map((pod) => untilAvailable(set, pod, now));
  const available = placed.filter((_, i) => waits[i] === 0);
  const old = placed.filter((pod) => labelsOf(pod)[HASH] !== hash);
  const missing = wanted.filter((node) => !pods.some((pod) => nodeOf(pod) === node));
  const stray = pods.filter((pod) => !wanted.includes(nodeOf(pod)));
  // An old Pod that is of no use anyway costs nothing; of the others so many may go as may be missed.
  const useless = old.filter((pod) => !available.includes(pod));
  const useful = old.filter((pod) => available.includes(pod));
  const spare = Math.max(0, maxUnavailable(set, wanted.length) - (wanted.length - available.length));
  const outdated = rolls(set) ? [...useless, ...useful.slice(0, spare)] : [];
  return {
    create: missing.map((node) => podOf(set, template, hash, node)),
    remove: [...stray, ...outdated].filter((pod) => !isGoing(pod)),
    status: {
      observedGeneration: numberAt(set, 'metadata', 'generation'),
      desiredNumberScheduled: wanted.length,
      currentNumberScheduled: placed.length,
      updatedNumberScheduled: placed.length - old.length,
      numberMisscheduled: stray.length,
      numberReady: placed.filter((pod) => readySince(pod) !== undefined).length,
      numberAvailable: available.length,
      numberUnavailable: wanted.length - available.length,
    },
    again: Math.min(...waits.filter((wait) => wait > 0 && Number.isFinite(wait)), Infinity),
  };
}

/** `nodeSelector`, as all of the labels; there is no affinity here, and everything is tolerated. */
function fits(node: KubeObject, template: JsonObject): boolean {
  return labelSelectorOf({ matchLabels: objectAt(template, 'spec', 'nodeSelector') })(labelsOf(node));
}

function podOf(set: KubeObject, template: JsonObject, hash: string, nodeName: string): JsonObject {
  const { annotations } = objectAt(template, 'metadata');
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: nameOf(set), uid: set.metadata.uid };
  return {
    metadata: {
      generateName: `${nameOf(set)}-`,
      namespace: namespaceOf(set),
      labels: { ...labelsOf(template), [HASH]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...objectAt(template, 'spec'), nodeName },
  };
}

function hashOf(template: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

/** Milliseconds until a Pod counts as available; infinite while it is not ready. */
function untilAvailable(set: KubeObject, pod: KubeObject, now: number): number {
  const since = readySince(pod);
  if (since === undefined) return Infinity;
  return Math.max(0, since + numberAt(set, 'spec', 'minReadySeconds') * 1000 - now);
}

function readySince(pod: KubeObject): number | undefined {
  if (isGoing(pod)) return undefined;
  const conditions = listAt(pod, 'status', 'conditions').filter(isObject);
  const ready = conditions.find((one) => one['type'] === 'Ready' && one['status'] === 'True');
  return ready === undefined ? undefined : Date.parse(textAt(ready, 'lastTransitionTime'));
}

/** `1` or `10%`, which is rounded up. */
function maxUnavailable(set: KubeObject, wanted: number): number {
  const given = at(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable');
  if (typeof given === 'number') return given;
  const percent = typeof given === 'string' ? Number.parseFloat(given) : 0;
  return Math.max(1, Math.ceil((wanted * percent) / 100));
}

function rolls(set: KubeObject): boolean {
  return textAt(set, 'spec', 'updateStrategy', 'type') !== 'OnDelete';
}

function isGoing(pod: KubeObject): boolean {
  return pod.metadata['deletionTimestamp'] !== undefined;
}

function nodeOf(pod: KubeObject): string {
  return textAt(pod, 'spec', 'nodeName');
}
