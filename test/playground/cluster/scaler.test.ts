import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { ApiClient } from '../../../src/playground/cluster/apiClient.ts';
import { podStatus } from '../../../src/playground/cluster/podStatus.ts';
import { seeds } from '../../../src/playground/cluster/objects.ts';
import { Scaler } from '../../../src/playground/cluster/scaler.ts';
import { podMachines, TOPOLOGY } from '../../../src/playground/network/topology.ts';
import { eventually } from '../../support/eventually.ts';

const PLACES = podMachines(TOPOLOGY);
const READY = { name: 'server', image: 'playground', ready: true, restartCount: 0 };
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';

/** A scaler on a real API server that holds all that a playground starts with. */
async function cluster() {
  const folder = await mkdtemp(join(tmpdir(), 'scaler-'));
  const server = new ApiServer({ serviceCIDRs: ['10.96.0.0/16', 'fd00:10:96::/112'] });
  await server.listen({ path: join(folder, 'api.sock') });
  const api = new ApiClient(join(folder, 'api.sock'));
  for (const { path, object } of seeds(TOPOLOGY)) await api.must('POST', path, object);
  const scaler = new Scaler(api, PLACES);
  const stop = new AbortController();
  const watching = [
    api.watch(DEPLOYMENTS, stop.signal, (event) => scaler.observeDeployment(event)),
    api.watch('/api/v1/namespaces/shop/pods', stop.signal, (event) => scaler.observePod(event)),
  ];
  onTestFinished(async () => {
    stop.abort();
    await Promise.allSettled(watching);
    await server.close();
    await rm(folder, { recursive: true });
  });
  const names = (): unknown[] =>
    server.list('pods', 'shop', { labelSelector: 'app=web' }).items.map(({ metadata }) => metadata.name);
  return { server, names };
}

test('as many Pods as replicas, in the order of their names', async () => {
  const { server, names } = await cluster();
  await eventually(() => expect(names()).toEqual(['web-1', 'web-2', 'web-3', 'web-4']));
  for (const [replicas, pods] of [
    [2, ['web-1', 'web-2']],
    [0, []],
    [3, ['web-1', 'web-2', 'web-3']],
    // There are four places.
    [9, ['web-1', 'web-2', 'web-3', 'web-4']],
  ] as const) {
    server.patch('deployments', 'shop', 'web', { spec: { replicas } });
    await eventually(() => expect(names()).toEqual(pods));
  }
});

test('a Pod that somebody deletes is made again', async () => {
  const { server, names } = await cluster();
  await eventually(() => expect(names()).toHaveLength(4));
  const { uid } = server.get('pods', 'shop', 'web-2').metadata;
  server.delete('pods', 'shop', 'web-2');
  await eventually(() => expect(server.get('pods', 'shop', 'web-2').metadata.uid).not.toBe(uid));
});

test('a Deployment that is deleted takes its Pods along', async () => {
  const { server, names } = await cluster();
  await eventually(() => expect(names()).toHaveLength(4));
  server.delete('deployments', 'shop', 'web');
  await eventually(() => expect(names()).toEqual([]));
});

test('the status counts Pods, and those that are ready', async () => {
  const { server, names } = await cluster();
  await eventually(() => expect(names()).toHaveLength(4));
  const [client, web1] = PLACES;
  if (client === undefined || web1 === undefined) throw new Error('no places');
  for (const place of [client, web1]) {
    const status = podStatus(place, READY, '2026-01-01T00:00:00Z') as never;
    server.patch('pods', 'shop', place.name, { status }, { subresource: 'status' });
  }
  await eventually(() =>
    expect(server.get('deployments', 'shop', 'web')).toMatchObject({
      status: { replicas: 4, readyReplicas: 1 },
    }),
  );
});
