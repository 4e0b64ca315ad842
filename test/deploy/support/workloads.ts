import type { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, numberAt } from '../../../src/playground/apiserver/objects/json.ts';
import type { KubeObject } from '../../../src/playground/apiserver/objects/object.ts';
import type { WatchEvent } from '../../../src/playground/apiserver/registry/watch.ts';

/** How the status of each kind says that all is done. */
const DONE: Readonly<Record<string, (workload: KubeObject) => JsonObject>> = {
  daemonsets: () => ({}),
  deployments: (deployment) => {
    const replicas = numberAt(deployment, 'spec', 'replicas');
    return { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
  },
};

/** Stands in for the controllers, in a cluster without nodes: everything is done as soon as it was seen. */
export function observeWorkloads(api: ApiServer): () => void {
  const stops = Object.entries(DONE).map(([plural, statusOf]) => {
    const event = (told: WatchEvent): void => {
      if (told.type !== 'ADDED' && told.type !== 'MODIFIED') return;
      const { metadata, status } = told.object;
      const generation = numberAt(metadata, 'generation');
      if (numberAt(status, 'observedGeneration') === generation) return;
      const done = { status: { observedGeneration: generation, ...statusOf(told.object) } };
      const { name, namespace = '' } = metadata;
      // Not from within the write that is told of.
      queueMicrotask(() => api.patch(plural, namespace, name, done, { subresource: 'status' }));
    };
    return api.watch(plural, { event, end: () => undefined });
  });
  return () => {
    for (const stop of stops) stop();
  };
}
