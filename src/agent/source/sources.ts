/** Where this agent's objects come from. */
import type { Settings } from '../../config/settings.ts';
import type { Clock } from '../../host/clock.ts';
import type { PodScope, Source } from '../../kube/source.ts';
import type { Connection } from '../../kube/transport/connection.ts';
import type { Log } from '../../telemetry/log.ts';

export interface OpenedSource {
  readonly source: Source;
  /** For other requests to the same API server; absent with manifests. */
  readonly connection?: Connection;
  /** For the log: `kubeconfig /etc/kube.conf`. */
  readonly name: string;
}

export interface SourceHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A kubeconfig, else manifests, else the pod's own credentials; each loaded only when it is used.
 * @throws Error when the kubeconfig cannot be used, or outside a pod
 */
export async function openSource(settings: Settings, { env, clock, log }: SourceHost): Promise<OpenedSource> {
  const { kubeconfig, manifests, nodeName } = settings;
  const watchPods = podScope(settings);
  if (kubeconfig === '' && manifests !== '') {
    const { createManifestSource } = await import('../../kube/manifests/createManifestSource.ts');
    const source = createManifestSource({ path: manifests, nodeName, watchPods, clock, log });
    return { source, name: `manifests ${manifests}` };
  }
  const [{ createApiSource }, connection] = await Promise.all([
    import('../../kube/api.ts'),
    kubeconfig === '' ? inCluster(env, clock) : fromKubeconfig(kubeconfig),
  ]);
  const source = createApiSource({ connection, nodeName, watchPods, clock, log });
  return { source, connection, name: `API server ${connection.server}` };
}

/** The API server of these settings; `undefined` where there is none to ask: manifests, or a place outside of a pod. */
export async function openConnection(
  { kubeconfig, manifests }: Pick<Settings, 'kubeconfig' | 'manifests'>,
  { env, clock }: Pick<SourceHost, 'env' | 'clock'>,
): Promise<Connection | undefined> {
  if (kubeconfig !== '') return fromKubeconfig(kubeconfig);
  return manifests === '' && env['KUBERNETES_SERVICE_HOST'] ? inCluster(env, clock) : undefined;
}

/** Pod records have to be true of every pod; search paths are those of our own clients. */
export function podScope({ dns, pods, dnsSearchPath }: Settings): PodScope {
  if (!dns) return 'none';
  if (pods === 'verified') return 'all';
  return dnsSearchPath ? 'node' : 'none';
}

async function inCluster(env: SourceHost['env'], clock: Clock): Promise<Connection> {
  const { inClusterConnection } = await import('../../kube/auth/inCluster.ts');
  return inClusterConnection({ env, clock });
}

async function fromKubeconfig(path: string): Promise<Connection> {
  const { kubeconfigConnection } = await import('../../kube/auth/kubeconfig.ts');
  return kubeconfigConnection(path);
}
