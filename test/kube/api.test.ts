import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { createApiSource } from '../../src/kube/api.ts';
import type { Source } from '../../src/kube/source.ts';
import type { Connection } from '../../src/kube/transport/connection.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { Consumer } from './reflector/consumer.ts';

let server: ApiServer;
let source: Source;
let consumer: Consumer;
let log: FakeLog;
let token: string;

beforeEach(async () => {
  server = new ApiServer();
  server.faults.requireToken('t1');
  consumer = new Consumer();
  log = new FakeLog();
  token = 't1';
  // Of its own, so that nobody takes the port while it does not listen.
  await server.listen({ host: '127.51.0.1', port: 0 });
  for (const name of ['web', 'db']) createService(name);
});

afterEach(async () => {
  await source.stop();
  await server.close();
});

function createService(name: string): void {
  server.create('services', { metadata: { name }, spec: { ports: [{ port: 80 }] } });
}

function connection(url: string = server.url): Connection {
  return {
    server: url,
    credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` }, tls: {} }),
    refused: () => undefined,
  };
}

function start(more: { clock?: FakeClock; connection?: Connection } = {}): void {
  source = createApiSource({
    connection: more.connection ?? connection(),
    nodeName: 'worker-1',
    watchPods: 'none',
    clock: more.clock ?? systemClock,
    log,
    random: () => 0,
  });
  source.start(consumer);
}

/** Waits as long as the test may last. */
async function until(
  condition: () => boolean,
  meanwhile: () => Promise<void> = () => pause(2),
): Promise<void> {
  while (!condition()) await meanwhile();
}

const allSynced = (): boolean => source.state().every((state) => state.synced);
const names = (): string[] => Object.keys(consumer.ips).toSorted();
const held = (): string[] =>
  server
    .list('services')
    .items.map((item) => String((item.metadata as { name?: unknown }).name))
    .toSorted();

async function synced(more: Parameters<typeof start>[0] = {}): Promise<void> {
  start(more);
  await until(allSynced);
  consumer.news();
}

describe('after', () => {
  test.each<[string, () => void | Promise<void>]>([
    ['watches that end', () => server.faults.endWatches()],
    ['watches that are reset', () => server.faults.resetWatches()],
    [
      'watches that are reset in the middle of a line',
      () => server.faults.resetWatches('{"type":"ADDED","obj'),
    ],
    ['410 as an ERROR event', () => server.faults.expireWatches()],
    [
      '410 as a status',
      () => {
        server.faults.expiredAsStatus(true);
        server.compact();
        server.faults.resetWatches();
      },
    ],
    [
      '410 on a server without streaming lists',
      () => {
        server.faults.withoutWatchList(true);
        server.compact();
        server.faults.resetWatches();
      },
    ],
    ['a line that is not JSON', () => server.faults.garbleWatches()],
    ['every event twice', () => server.faults.duplicateEvents(true)],
    [
      'errors on every attempt for a while',
      () => {
        server.faults.failNext(8, { code: 500 });
        server.faults.resetWatches();
      },
    ],
    [
      'an hour of refused connections, shortened',
      async () => {
        await server.refuseConnections();
        await until(() => source.state().every((state) => state.error !== ''));
        await server.acceptConnections();
      },
    ],
  ])('%s, everything is known, and what is unchanged was not told again', async (_, trouble) => {
    await synced();
    await trouble();
    createService('new');
    server.delete('services', 'default', 'db');
    await until(
      () => consumer.records.has('Service default/new') && !consumer.records.has('Service default/db'),
    );
    expect(names()).toEqual(held());
    expect(consumer.news().toSorted()).toEqual(['+new', '-db']);
    expect(consumer.syncs).toHaveLength(4);
  });
});

test('a half-open connection is noticed when three bookmarks are missing', async () => {
  const clock = new FakeClock();
  await synced({ clock });
  server.faults.stallWatches();
  createService('new');
  const before = server.requests.length;
  await until(
    () => server.requests.length > before,
    async () => {
      await pause(1);
      await clock.advance(5000);
    },
  );
  expect(clock.monotonic()).toBeGreaterThanOrEqual(180_000);
  server.faults.resumeWatches();
  await until(
    () => consumer.records.has('Service default/new'),
    async () => {
      await pause(1);
      await clock.advance(10);
    },
  );
});

describe('what an operator reads', () => {
  test('when nothing listens at the address: one line for all resources', async () => {
    const url = server.url;
    await server.refuseConnections();
    start({ connection: connection(url) });
    await until(() => source.state().every((state) => state.error !== ''));
    await pause(150);
    const line = `cannot reach API server ${url}: connection refused (ECONNREFUSED)`;
    expect(source.state().map((state) => state.error)).toEqual(Array(4).fill(line));
    expect(log.messages()).toEqual([`${line}; trying again`]);
    await server.acceptConnections();
    await until(allSynced);
    expect(log.messages('info').filter((message) => message.startsWith('regained'))).toHaveLength(1);
  });

  test('when a permission is missing: the rule to add; the others work', async () => {
    server.faults.forbid((_, { resource }) => resource.plural === 'endpointslices');
    start();
    await until(() => source.state().filter((state) => state.synced).length === 3);
    await until(() => source.state().some((state) => state.error !== ''));
    const line =
      'ServiceAccount kube-system/fairlead may not list or watch endpointslices.discovery.k8s.io (403): its ClusterRole needs apiGroups ["discovery.k8s.io"], resources ["endpointslices"], verbs ["list", "watch"]';
    expect(source.state().filter((state) => state.error !== '')).toMatchObject([
      { kind: 'EndpointSlice', synced: false, error: line },
    ]);
    expect(log.messages('warn')).toEqual([`${line}; trying again`]);
    server.faults.forbid(undefined);
    await until(allSynced);
    await until(() => log.messages('info').some((message) => message === `regained after 0 s: ${line}`));
  });

  test('when the token is refused, and when it is accepted again', async () => {
    server.faults.requireToken('t2');
    start();
    await until(() =>
      source.state().every((state) => state.error.includes('does not accept our credentials (401)')),
    );
    token = 't2';
    await until(allSynced);
    expect(log.messages('warn')).toHaveLength(1);
  });

  test('before it has started', () => {
    source = createApiSource({
      connection: connection(),
      nodeName: 'worker-1',
      watchPods: 'all',
      clock: systemClock,
      log,
    });
    expect(source.state().map(({ kind, synced: isSynced, error }) => [kind, isSynced, error])).toEqual(
      ['Node', 'Namespace', 'Service', 'EndpointSlice', 'Pod'].map((kind) => [kind, false, 'not started']),
    );
  });
});

test('asks for no more of namespaces than their names, and for one node', async () => {
  await synced();
  const asked = (path: string): (typeof server.requests)[number] | undefined =>
    server.requests.find((request) => request.path === path);
  expect(asked('/api/v1/namespaces')?.headers['accept']).toBe(
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  );
  expect(asked('/api/v1/nodes')?.query.get('fieldSelector')).toBe('metadata.name=worker-1');
  expect(asked('/api/v1/services')?.query.get('fieldSelector')).toBeNull();
  expect(asked('/api/v1/pods')).toBeUndefined();
});

test('stopping closes every connection', async () => {
  await synced();
  expect(server.faults.openWatches).toBe(4);
  await source.stop();
  await until(() => server.faults.openWatches === 0);
  createService('late');
  await pause(20);
  expect(consumer.news()).toEqual([]);
});
