/** What a container is to find when it starts: its environment and its mounts, fetched from the API server. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ApiClient } from '../cluster/apiClient.ts';
import { KUBERNETES_SERVICE_IP } from '../cluster/objects.ts';
import type { ContainerMount } from './launch.ts';
import type { NodePod } from './nodePod.ts';

export interface ContainerSetup {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
}

type Texts = Readonly<Record<string, string>>;

const ConfigMapSchema = v.object({ data: v.optional(v.record(v.string(), v.string()), {}) });
const TokenSchema = v.object({ status: v.object({ token: v.string() }) });

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** What a Pod's node keeps for it beyond /run, which each machine has of its own. */
const DISK = '/run/disk';

/**
 * Rejects when an object that the Pod names is not there: the container does not start then.
 * @param folder the Pod's own on this computer
 * @param authority what the API server's certificate is checked by, PEM
 */
export async function setUp(
  api: ApiClient,
  pod: NodePod,
  folder: string,
  authority: string,
): Promise<ContainerSetup> {
  const { metadata, spec } = pod;
  const [container] = spec.containers;
  const data = (name: string): Promise<Texts> => configMap(api, metadata.namespace, name);
  const taken = await Promise.all(container.envFrom.map(({ configMapRef }) => data(configMapRef.name)));
  const own = container.env.map(({ name, value, valueFrom }) => [
    name,
    valueFrom === undefined ? value : fieldOf(pod, valueFrom.fieldRef?.fieldPath ?? ''),
  ]);
  const account = await writeFiles(join(folder, 'account'), {
    'ca.crt': authority,
    namespace: metadata.namespace,
    token: await token(api, metadata.namespace, spec.serviceAccountName),
  });
  const mounts = await Promise.all(
    container.volumeMounts.map(async ({ name, mountPath }): Promise<ContainerMount> => {
      const volume = spec.volumes.find((one) => one.name === name);
      if (volume?.configMap !== undefined) {
        const source = await writeFiles(join(folder, 'volumes', name), await data(volume.configMap.name));
        return { kind: 'folder', source, target: mountPath };
      }
      if (volume?.hostPath === undefined)
        throw new Error(`volume ${name} is neither a ConfigMap nor a hostPath`);
      const { path, type } = volume.hostPath;
      return {
        kind: type.startsWith('File') ? 'file' : 'folder',
        source: onNode(path, type),
        target: mountPath,
      };
    }),
  );
  return {
    env: {
      KUBERNETES_SERVICE_HOST: KUBERNETES_SERVICE_IP,
      KUBERNETES_SERVICE_PORT: '443',
      ...Object.assign({}, ...taken),
      ...Object.fromEntries(own),
    },
    mounts: [...mounts, { kind: 'folder', source: account, target: SERVICE_ACCOUNT }],
  };
}

/** A path of the node. It has this computer's disk, to look at; what it may make is kept in its own /run. */
function onNode(path: string, type: string): string {
  const makes = type.endsWith('OrCreate');
  return makes && !path.startsWith('/run/') ? DISK + path : path;
}

async function configMap(api: ApiClient, namespace: string, name: string): Promise<Texts> {
  const reply = await api.call('GET', `/api/v1/namespaces/${namespace}/configmaps/${name}`);
  if (reply.status === 404) throw new Error(`configmap "${name}" not found`);
  return v.parse(ConfigMapSchema, reply.body).data;
}

async function token(api: ApiClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  return v.parse(TokenSchema, await api.must('POST', path, { spec: {} })).status.token;
}

function fieldOf({ metadata, spec }: NodePod, path: string): string {
  switch (path) {
    case 'spec.nodeName':
      return spec.nodeName;
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    default:
      throw new Error(`fieldRef ${path} is not known here`);
  }
}

async function writeFiles(folder: string, files: Texts): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
