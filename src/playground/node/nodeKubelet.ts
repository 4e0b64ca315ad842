/** The kubelets of both nodes, for Pods of the node's own network: those of a DaemonSet that is an agent. */
import type { Clock } from '../../host/clock.ts';
import type { ApiClient, WatchEvent } from '../cluster/apiClient.ts';
import type { NodeMachine } from '../network/topology.ts';
import { NodeContainer, type Runtime } from './nodeContainer.ts';
import { readNodePod } from './nodePod.ts';

export interface NodeKubeletSettings {
  readonly api: ApiClient;
  readonly nodes: readonly NodeMachine[];
  readonly runtime: Runtime;
  readonly clock: Clock;
}

export class NodeKubelet {
  readonly #settings: NodeKubeletSettings;
  /** By the Pod's uid. */
  readonly #containers = new Map<string, NodeContainer>();

  constructor(settings: NodeKubeletSettings) {
    this.#settings = settings;
  }

  observe(event: WatchEvent): void {
    const pod = readNodePod(event.object);
    const node = this.#settings.nodes.find(({ name }) => name === pod?.spec.nodeName);
    if (pod === undefined || node === undefined) return;
    const { uid, deletionTimestamp } = pod.metadata;
    const known = this.#containers.get(uid);
    if (event.type === 'DELETED') {
      this.#containers.delete(uid);
      known?.kill();
    } else if (deletionTimestamp !== undefined) {
      // After a restart of ours there is nothing to end, but the API server waits all the same.
      (known ?? this.#container(pod, node)).end();
    } else if (known === undefined) {
      this.#container(pod, node).start();
    }
  }

  #container(pod: NonNullable<ReturnType<typeof readNodePod>>, node: NodeMachine): NodeContainer {
    const container = new NodeContainer({ ...this.#settings, pod, node });
    this.#containers.set(pod.metadata.uid, container);
    return container;
  }
}
