import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { ApiClient } from '../../../src/playground/cluster/apiClient.ts';
import { Kubelet, RESTART_DELAY, type StartPod } from '../../../src/playground/cluster/kubelet.ts';
import { podObject } from '../../../src/playground/cluster/objects.ts';
import { podMachines, type PodMachine, TOPOLOGY } from '../../../src/playground/network/topology.ts';
import { FakeClock } from '../../fake/clock.ts';
import { eventually } from '../../support/eventually.ts';

const PLACES = podMachines(TOPOLOGY);
const PODS = '/api/v1/namespaces/shop/pods';

/** A kubelet on a real API server; the programs of its pods only say that they listen. */
async function cluster() {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const server = new ApiServer({ kubelets: true });
  await server.listen({ path: join(folder, 'api.sock') });
  server.create('namespaces', { metadata: { name: 'shop' } });
  const running = new Map<string, ChildProcess>();
  const start: StartPod = (pod: PodMachine) => {
    const child = spawn('sh', ['-c', 'echo listening; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.set(pod.name, child);
    child.on('exit', () => {
      if (running.get(pod.name) === child) running.delete(pod.name);
    });
    return child;
  };
  const clock = new FakeClock();
  const api = new ApiClient(join(folder, 'api.sock'));
  const kubelet = new Kubelet(api, PLACES, start, clock);
  const stop = new AbortController();
  const watching = api.watch(PODS, stop.signal, (event) => kubelet.observe(event)).catch(() => undefined);
  onTestFinished(async () => {
    stop.abort();
    await watching;
    for (const child of running.values()) child.kill('SIGKILL');
    await server.close();
    await rm(folder, { recursive: true });
  });
  return { server, api, running, clock };
}

function place(name: string): PodMachine {
  const found = PLACES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no place ${name}`);
  return found;
}

function readiness(server: ApiServer, name: string): unknown {
  const pod = server.get('pods', 'shop', name) as {
    status?: { conditions?: { type: string; status: string }[] };
  };
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

test('a Pod on its place runs, gets its addresses, and is ready', async () => {
  const { server, api } = await cluster();
  await api.must('POST', PODS, podObject(place('web-1')));
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  expect(server.get('pods', 'shop', 'web-1')).toMatchObject({
    status: {
      phase: 'Running',
      podIP: '10.244.1.3',
      podIPs: [{ ip: '10.244.1.3' }, { ip: 'fd00:10:244:1::3' }],
    },
  });
});

test.each([
  ['of another name', { ...place('web-1'), name: 'stranger' }],
  ['bound to another node', { ...place('web-1'), node: 'node-2' }],
])('a Pod %s is left alone', async (_, pod) => {
  const { server, api, running } = await cluster();
  await api.must('POST', PODS, podObject(pod));
  await api.must('POST', PODS, podObject(place('web-2')));
  await eventually(() => expect(readiness(server, 'web-2')).toBe('True'));
  expect([...running.keys()]).toEqual(['web-2']);
});

test('a program that dies makes its Pod unready, and is started again later', async () => {
  const { server, api, running, clock } = await cluster();
  await api.must('POST', PODS, podObject(place('web-1')));
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  running.get('web-1')?.kill('SIGKILL');
  await eventually(() => expect(readiness(server, 'web-1')).toBe('False'));
  expect(running.has('web-1')).toBe(false);
  await clock.advance(RESTART_DELAY);
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  expect(server.get('pods', 'shop', 'web-1')).toMatchObject({
    status: { containerStatuses: [{ restartCount: 1 }] },
  });
});

test('a deleted Pod is stopped, then let go', async () => {
  const { server, api, running } = await cluster();
  await api.must('POST', PODS, podObject(place('web-1')));
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  const child = running.get('web-1');
  const ended = child === undefined ? undefined : once(child, 'exit');
  await api.must('DELETE', `${PODS}/web-1`);
  await ended;
  await eventually(() => expect(server.list('pods', 'shop').items).toEqual([]));
});

test('a Pod made again under its name runs again', async () => {
  const { server, api, running } = await cluster();
  await api.must('POST', PODS, podObject(place('web-1')));
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  const first = running.get('web-1');
  await api.must('DELETE', `${PODS}/web-1`);
  await eventually(() => expect(server.list('pods', 'shop').items).toEqual([]));
  await api.must('POST', PODS, podObject(place('web-1')));
  await eventually(() => expect(readiness(server, 'web-1')).toBe('True'));
  expect(running.get('web-1')).not.toBe(first);
});
