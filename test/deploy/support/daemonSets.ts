import type { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { numberAt } from '../../../src/playground/apiserver/objects/json.ts';
import type { WatchEvent } from '../../../src/playground/apiserver/registry/watch.ts';

/** Stands in for the controller, in a cluster without nodes: every DaemonSet is done as soon as it was seen. */
export function observeDaemonSets(api: ApiServer): () => void {
  const event = (told: WatchEvent): void => {
    if (told.type !== 'ADDED' && told.type !== 'MODIFIED') return;
    const { metadata, status } = told.object;
    const generation = numberAt(metadata, 'generation');
    if (numberAt(status, 'observedGeneration') === generation) return;
    const observed = { status: { observedGeneration: generation } };
    const { name, namespace = '' } = metadata;
    // Not from within the write that is told of.
    queueMicrotask(() => api.patch('daemonsets', namespace, name, observed, { subresource: 'status' }));
  };
  return api.watch('daemonsets', { event, end: () => undefined });
}
