/** What deploy/base declares of the agent's container, so that the tests run it with that and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
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
} from '../../src/playground/apiserver/objects/json.ts';
import { objectsAt, only } from '../deploy/support/objects.ts';

const BASE = join(import.meta.dirname, '../../deploy/base');

const read = (file: string): Json => load(readFileSync(join(BASE, file), 'utf8')) as Json;

const daemonSet = read('daemonSet.yaml');
if (!isObject(daemonSet)) throw new Error('daemonSet.yaml is no object');
const pod = objectAt(only([daemonSet], 'DaemonSet'), 'spec', 'template', 'spec');
const [container] = objectsAt(pod, 'containers');

/** Seconds from SIGTERM to SIGKILL. */
export const GRACE: number = numberAt(pod, 'terminationGracePeriodSeconds');
/** `fairlead` and its arguments. */
export const ARGS: readonly string[] = textsAt(container, 'args');
/** Bytes that the scheduler sets aside for it. */
export const MEMORY: number = bytesOf(textAt(container, 'resources', 'requests', 'memory'));
/** What is added, once all are dropped: NET_ADMIN. */
export const CAPABILITIES: readonly string[] = textsAt(container, 'securityContext', 'capabilities', 'add');

/** Of linux/capability.h. */
const CAPABILITY_BITS: Readonly<Record<string, number>> = {
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
};

/** A set of capabilities as /proc/PID/status shows it: `0000000000003400`. */
export function maskOf(names: readonly string[]): string {
  const bits = names.map((name) => 1n << BigInt(CAPABILITY_BITS[name] ?? 64));
  return bits
    .reduce((sum, bit) => sum | bit, 0n)
    .toString(16)
    .padStart(16, '0');
}

/** `/readyz` on 10256. */
export interface Probe {
  readonly path: string;
  readonly port: number;
}

export function probe(name: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Probe {
  const port = textAt(container, name, 'httpGet', 'port');
  const named = objectsAt(container, 'ports').find((one) => one['name'] === port);
  return { path: textAt(container, name, 'httpGet', 'path'), port: numberAt(named, 'containerPort') };
}

/** One mount of the container. */
export interface Mount {
  readonly path: string;
  readonly readOnly: boolean;
  readonly source: Source;
}

export type Source =
  | { readonly kind: 'file' | 'folder'; readonly hostPath: string }
  /** Contents by file name. */
  | { readonly kind: 'configMap'; readonly files: Readonly<Record<string, string>> };

export function mounts(): readonly Mount[] {
  return objectsAt(container, 'volumeMounts').map((mount) => {
    const volume = objectsAt(pod, 'volumes').find((one) => one['name'] === mount['name']);
    return {
      path: textAt(mount, 'mountPath'),
      readOnly: mount['readOnly'] === true,
      source: sourceOf(volume),
    };
  });
}

function sourceOf(volume: JsonObject | undefined): Source {
  if (at(volume, 'configMap') !== undefined)
    return { kind: 'configMap', files: configMap(textAt(volume, 'configMap', 'name')) };
  const hostPath = textAt(volume, 'hostPath', 'path');
  if (hostPath === '') throw new Error(`a volume of neither kind: ${JSON.stringify(volume)}`);
  return { kind: textAt(volume, 'hostPath', 'type').startsWith('File') ? 'file' : 'folder', hostPath };
}

/** As kustomize would generate it. */
function configMap(name: string): Readonly<Record<string, string>> {
  const generated = objectsAt(read('kustomization.yaml'), 'configMapGenerator').find(
    (one) => one['name'] === name,
  );
  const files = textsAt(generated, 'files').map((file) => [file, readFileSync(join(BASE, file), 'utf8')]);
  return Object.fromEntries(files) as Readonly<Record<string, string>>;
}

/** podman's flags for the securityContext. Throws at a field that has none here: the test would run something else. */
export function securityFlags(): readonly string[] {
  if (at(pod, 'hostNetwork') !== true) throw new Error('the tests run it in the network of its node');
  return Object.entries(objectAt(container, 'securityContext')).flatMap(([field, value]) =>
    flagsOf(field, value),
  );
}

function flagsOf(field: string, value: Json | undefined): string[] {
  switch (field) {
    case 'allowPrivilegeEscalation':
      return value === false ? ['--security-opt=no-new-privileges'] : [];
    case 'readOnlyRootFilesystem':
      // podman would add places to write to, which the kubelet does not.
      return value === true ? ['--read-only', '--read-only-tmpfs=false'] : [];
    case 'runAsUser':
      return [`--user=${JSON.stringify(value)}`];
    case 'capabilities':
      return [
        ...textsAt(value, 'drop').map((name) => `--cap-drop=${name}`),
        ...textsAt(value, 'add').map((name) => `--cap-add=${name}`),
      ];
    case 'seccompProfile':
      if (textAt(value, 'type') === 'RuntimeDefault') return [];
      break;
    default:
  }
  throw new Error(`securityContext.${field}: ${JSON.stringify(value)} has no flag here`);
}

/** Where the manifests leave it to the cluster: the Node's name, and ConfigMap fairlead-api-server. */
export function environment(
  nodeName: string,
  apiServer: Readonly<Record<string, string>>,
): readonly string[] {
  const own = objectsAt(container, 'env').map((variable) => {
    if (textAt(variable, 'valueFrom', 'fieldRef', 'fieldPath') !== 'spec.nodeName')
      throw new Error('unknown env');
    return `${textAt(variable, 'name')}=${nodeName}`;
  });
  const taken = listAt(container, 'envFrom').length === 0 ? {} : apiServer;
  return [...own, ...Object.entries(taken).map(([name, value]) => `${name}=${value}`)];
}

function bytesOf(quantity: string): number {
  const mebibytes = /^(\d+)Mi$/.exec(quantity)?.[1];
  if (mebibytes === undefined) throw new Error(`not in Mi: ${quantity}`);
  return Number(mebibytes) * 2 ** 20;
}
