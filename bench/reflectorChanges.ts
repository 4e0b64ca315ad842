/** Thread of bench/reflector.ts: changes EndpointSlices at a steady rate, and tells when each was sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../src/host/clock.ts';
import { kubeconfigConnection } from '../src/kube/auth/kubeconfig.ts';
import { HttpTransport } from '../src/kube/transport/httpTransport.ts';

export interface Sent {
  /** What the change wrote: milliseconds since the epoch, another for each change. */
  readonly mark: number;
  /** When it was sent, likewise, with fractions. */
  readonly at: number;
}

interface Task {
  readonly kubeconfig: string;
  readonly names: readonly { readonly namespace: string; readonly name: string }[];
  readonly count: number;
  readonly perSecond: number;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
const tell = (sent: Sent): void => parentPort?.postMessage(sent);
const { kubeconfig, names, count, perSecond } = workerData as Task;
const transport = new HttpTransport({
  connection: await kubeconfigConnection(kubeconfig),
  clock: systemClock,
});
const access = { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['patch'] };
const first = Date.now();

for (let i = 0; i < count; i++) {
  const { namespace = '', name = '' } = names[(i * 7) % names.length] ?? {};
  const mark = first + i;
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date(mark).toISOString() };
  const due = 1000 / perSecond;
  await new Promise((resolve) => {
    setTimeout(resolve, due);
  });
  const at = performance.timeOrigin + performance.now();
  await transport.request({
    method: 'PATCH',
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`,
    access,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations } },
  });
  tell({ mark, at });
}
transport.close();
