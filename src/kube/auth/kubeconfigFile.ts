import type { KubeConfig } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../errors/caught.ts';

type Fields = Record<string, unknown>;

/**
 * Reads a kubeconfig into client-node's KubeConfig. The library is loaded here and nowhere else: it costs 40 MB of
 * memory (80 from source), which an agent with in-cluster credentials must not pay.
 * @throws Error with the file's name
 */
export async function loadKubeconfig(path: string): Promise<KubeConfig> {
  try {
    const document = adapt(load(await readFile(path, 'utf8')), dirname(path));
    const { KubeConfig } = await import('./clientNode.ts');
    const config = new KubeConfig();
    config.loadFromString(JSON.stringify(document));
    config.makePathsAbsolute(dirname(path));
    return checked(config);
  } catch (error) {
    const message = messageOf(error);
    throw new Error(`kubeconfig ${path}: ${message}`, { cause: error });
  }
}

function checked(config: KubeConfig): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const context = config.getCurrentContext();
    throw new Error(
      (context ?? '') === '' ? 'no current-context' : `context "${context}" names no cluster in this file`,
    );
  }
  if (!/^https?:\/\//.test(cluster.server)) throw new Error(`cluster.server: ${cluster.server} is not a URL`);
  // Without a user client-node would leave out the cluster's CA too.
  const user = config.getCurrentUser() ?? { name: 'anonymous' };
  // Without TLS there is nothing to verify, but client-node refuses http unless verifying is off.
  const plain = cluster.server.startsWith('http:');
  config.loadFromClusterAndUser(plain ? { ...cluster, skipTLSVerify: true } : cluster, user);
  return config;
}

/** Bridges what kubectl reads in a kubeconfig and client-node does not. */
function adapt(document: unknown, folder: string): Fields {
  if (!isFields(document)) throw new Error('not a kubeconfig');
  const users = Array.isArray(document['users']) ? document['users'] : [];
  const clusters = Array.isArray(document['clusters']) ? document['clusters'] : [];
  return {
    ...document,
    users: users.map((entry: unknown) =>
      isFields(entry) && isFields(entry['user'])
        ? { ...entry, user: withTokenFile(withExec(entry['user'], document, clusters, folder), folder) }
        : entry,
    ),
  };
}

/** `tokenFile` is what kube-proxy's own kubeconfig uses; client-node re-reads it every minute under another name. */
function withTokenFile(user: Fields, folder: string): Fields {
  const { tokenFile, token: _overruled, ...rest } = user;
  if (typeof tokenFile !== 'string' || tokenFile === '') return user;
  const provider = { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } };
  return { ...rest, 'auth-provider': provider };
}

/**
 * Exec plugins read what is asked of them from KUBERNETES_EXEC_INFO, and some refuse to run without. A command with
 * a slash is relative to the kubeconfig, as kubectl has it.
 */
function withExec(user: Fields, document: Fields, clusters: readonly unknown[], folder: string): Fields {
  const exec = user['exec'];
  if (!isFields(exec)) return user;
  const env = Array.isArray(exec['env']) ? exec['env'] : [];
  const info = {
    apiVersion: exec['apiVersion'],
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec['provideClusterInfo'] === true ? { cluster: clusterInfo(document, clusters) } : {}),
    },
  };
  const { command } = exec;
  return {
    ...user,
    exec: {
      ...exec,
      command: typeof command === 'string' && command.includes('/') ? resolve(folder, command) : command,
      env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
    },
  };
}

function clusterInfo(document: Fields, clusters: readonly unknown[]): Fields {
  const named = (list: unknown, name: unknown): Fields => {
    const found: unknown = Array.isArray(list)
      ? list.find((entry: unknown) => isFields(entry) && entry['name'] === name)
      : undefined;
    return isFields(found) ? found : {};
  };
  const context = named(document['contexts'], document['current-context'])['context'];
  const cluster = named(clusters, isFields(context) ? context['cluster'] : undefined)['cluster'];
  return isFields(cluster) ? cluster : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
