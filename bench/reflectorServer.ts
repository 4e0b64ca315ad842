/** Thread of bench/reflector.ts: an API server in memory with 10,000 Services of 5 endpoints each. */
import { parentPort } from 'node:worker_threads';
import { ApiServer } from '../src/playground/apiserver/apiServer.ts';

const SERVICES = 10_000;
const ENDPOINTS = 5;

const server = new ApiServer();
for (let i = 0; i < SERVICES; i++) {
  const name = `svc-${i}`;
  server.create('services', {
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  server.create('endpointslices', {
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, n) => ({
      addresses: [`10.${128 + n}.${i >> 8}.${i & 255}`],
      nodeName: `node-${n}`,
      zone: `zone-${n % 3}`,
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'default', name: `${name}-${n}` },
    })),
  });
}
await server.listen({ host: '127.0.0.1', port: 0 });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
parentPort?.postMessage(server.url);
