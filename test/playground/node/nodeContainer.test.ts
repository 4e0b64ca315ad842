/** The kubelet of a node, with a fake runtime and the real API server in memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, objectAt } from '../../../src/playground/apiserver/objects/json.ts';
import { ApiClient } from '../../../src/playground/cluster/apiClient.ts';
import { TOPOLOGY } from '../../../src/playground/network/topology.ts';
import { type Running, type Runtime, WaitingError } from '../../../src/playground/node/nodeContainer.ts';
import { NodeKubelet } from '../../../src/playground/node/nodeKubelet.ts';
import { FakeClock } from '../../fake/clock.ts';
import { eventually } from '../../support/eventually.ts';

/** Containers that do as they are told. */
class FakeRuntime implements Runtime {
  readonly asked: string[] = [];
  readonly signals: string[] = [];
  starts = 0;
  missing: Error | undefined;
  answers = true;
  #end: () => void = () => undefined;

  start(): Promise<Running> {
    if (this.missing !== undefined) return Promise.reject(this.missing);
    this.starts += 1;
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    return Promise.resolve({ kill: (signal) => void this.signals.push(signal), ended });
  }

  ask(url: string): Promise<boolean> {
    this.asked.push(url);
    return Promise.resolve(this.answers);
  }

  end(): void {
    this.#end();
  }
}

const PROBE = { periodSeconds: 2, failureThreshold: 2 };

function podOf(more: JsonObject = {}): JsonObject {
  const container = {
    name: 'agent',
    image: 'fairlead:dev',
    ports: [{ name: 'healthz', containerPort: 10256 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'healthz' }, ...PROBE },
    ...more,
  };
  return {
    metadata: { name: 'agent-1', namespace: 'kube-system' },
    spec: {
      nodeName: 'node-1',
      hostNetwork: true,
      terminationGracePeriodSeconds: 30,
      containers: [container],
    },
  };
}

async function cluster(pod: JsonObject, runtime = new FakeRuntime()) {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const clock = new FakeClock();
  const server = new ApiServer({ kubelets: true });
  await server.listen({ path: join(folder, 'api.sock') });
  const api = new ApiClient(join(folder, 'api.sock'));
  const kubelet = new NodeKubelet({ api, nodes: TOPOLOGY.nodes, runtime, clock });
  const stop = new AbortController();
  const watching = api.watch('/api/v1/pods', stop.signal, (event) => kubelet.observe(event));
  onTestFinished(async () => {
    stop.abort();
    await watching;
    await server.close();
    await rm(folder, { recursive: true });
  });
  server.create('pods', pod);
  const status = (): JsonObject => objectAt(server.get('pods', 'kube-system', 'agent-1'), 'status');
  const waits = (expected: object): Promise<void> =>
    eventually(() => expect(status()).toMatchObject({ containerStatuses: [expected] }));
  /** Moves on, second by second, so that what was asked meanwhile is answered. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) await clock.advance(1000);
  };
  return { server, runtime, status, waits, pass };
}

test('it is ready when its probe says so, on its node, and has the addresses of its node', async () => {
  const { runtime, waits, status } = await cluster(podOf());
  await waits({ name: 'agent', ready: true, restartCount: 0, state: { running: {} } });
  expect(runtime.asked[0]).toBe('http://192.168.100.11:10256/readyz');
  expect(status()).toMatchObject({
    podIP: '192.168.100.11',
    podIPs: [{ ip: '192.168.100.11' }, { ip: 'fd00:192:168:100::11' }],
  });
});

test('without a probe it is ready as it runs', async () => {
  // A null in an object that is sent is a field that is not there.
  const { waits } = await cluster(podOf({ readinessProbe: null }));
  await waits({ ready: true });
});

test('failures of readiness take it away, and leave the container be', async () => {
  const { runtime, waits, pass } = await cluster(podOf());
  await waits({ ready: true });
  runtime.answers = false;
  await pass(6);
  await waits({ ready: false, restartCount: 0 });
  runtime.answers = true;
  await pass(2);
  await waits({ ready: true });
  expect(runtime.signals).toEqual([]);
});

test('a startup probe comes before the others; when it fails the container is ended and made anew', async () => {
  const runtime = new FakeRuntime();
  runtime.answers = false;
  const startup = { httpGet: { path: '/livez', port: 10256 }, ...PROBE };
  const { waits, pass } = await cluster(podOf({ startupProbe: startup }), runtime);
  await waits({ ready: false });
  await pass(2);
  await eventually(() => expect(runtime.signals).toEqual(['SIGKILL']));
  expect(new Set(runtime.asked)).toEqual(new Set(['http://192.168.100.11:10256/livez']));
  runtime.end();
  await waits({ restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } });
  runtime.answers = true;
  await pass(2);
  await waits({ ready: true, restartCount: 1 });
  expect(runtime.starts).toBe(2);
});

test('a liveness probe that fails ends it', async () => {
  const liveness = { httpGet: { path: '/livez', port: 'healthz' }, ...PROBE };
  const { runtime, waits, pass } = await cluster(podOf({ livenessProbe: liveness }));
  await waits({ ready: true });
  runtime.answers = false;
  await pass(4);
  await eventually(() => expect(runtime.signals).toEqual(['SIGKILL']));
});

test.each([
  [new Error('configmap "fairlead-api-server" not found'), 'CreateContainerConfigError'],
  [new WaitingError('ErrImagePull', 'no such image'), 'ErrImagePull'],
])('%s: it waits, says why, and is tried again', async (missing, reason) => {
  const runtime = new FakeRuntime();
  runtime.missing = missing;
  const { waits, pass } = await cluster(podOf(), runtime);
  await waits({ ready: false, state: { waiting: { reason, message: missing.message } } });
  runtime.missing = undefined;
  await pass(2);
  await waits({ ready: true, restartCount: 0 });
});

test('deleted, it has its time to end, then none; the Pod goes with it', async () => {
  const { server, runtime, waits, pass } = await cluster(podOf());
  await waits({ ready: true });
  server.delete('pods', 'kube-system', 'agent-1');
  await eventually(() => expect(runtime.signals).toEqual(['SIGTERM']));
  await pass(29);
  expect(runtime.signals).toEqual(['SIGTERM']);
  await pass(1);
  expect(runtime.signals).toEqual(['SIGTERM', 'SIGKILL']);
  expect(server.list('pods').items).toHaveLength(1);
  runtime.end();
  await eventually(() => expect(server.list('pods').items).toEqual([]));
  expect(runtime.starts).toBe(1);
});

test.each([
  ['of a network of its own', { hostNetwork: false }],
  ['of a node that is not here', { nodeName: 'node-9' }],
])('a Pod %s is left alone', async (_, more) => {
  const pod = podOf();
  const { server, runtime } = await cluster({ ...pod, spec: { ...objectAt(pod, 'spec'), ...more } });
  server.create('pods', { ...podOf(), metadata: { name: 'mark', namespace: 'kube-system' } });
  await eventually(() => expect(runtime.starts).toBe(1));
});
