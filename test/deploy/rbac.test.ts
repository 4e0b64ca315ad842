/** What the roles of deploy/base allow is enough for the agent, and each part of it is missed: an API server enforces it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { createApiSource } from '../../src/kube/api.ts';
import type { Source } from '../../src/kube/source.ts';
import { ObjectEvents } from '../../src/agent/reports/objectEvents.ts';
import { HttpTransport } from '../../src/kube/transport/httpTransport.ts';
import type { Connection } from '../../src/kube/transport/connection.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, textAt, textsAt } from '../../src/playground/apiserver/objects/json.ts';
import { FakeLog } from '../fake/log.ts';
import { Consumer } from '../kube/reflector/consumer.ts';
import { DEPLOY } from './support/kustomize.ts';
import { objectsAt } from './support/objects.ts';
import { fromYaml } from './support/yaml.ts';

const read = (file: string): JsonObject => fromYaml(readFileSync(join(DEPLOY, 'base', file), 'utf8'));
const RULES = objectsAt(read('clusterRole.yaml'), 'rules');

/** Every verb of every resource, one by one. */
const GRANTS = RULES.flatMap((rule, at) =>
  textsAt(rule, 'verbs').flatMap((verb) =>
    textsAt(rule, 'resources').map((resource) => ({ at, verb, resource })),
  ),
);

/** The base's objects on an API server, without one grant if one is given; the agent's connection to it. */
async function cluster(
  without?: (typeof GRANTS)[number],
): Promise<{ api: ApiServer; connection: Connection }> {
  const api = new ApiServer();
  const { port } = (await api.listen({ host: '127.0.0.1', port: 0 })) as { port: number };
  onTestFinished(() => api.close());
  const rules = RULES.flatMap((rule, at) => {
    if (at !== without?.at) return [rule];
    const others = textsAt(rule, 'resources').filter((resource) => resource !== without.resource);
    const verbs = textsAt(rule, 'verbs').filter((verb) => verb !== without.verb);
    return [
      { ...rule, resources: others },
      { ...rule, resources: [without.resource], verbs },
    ];
  });
  api.create('serviceaccounts', read('serviceAccount.yaml'));
  api.create('clusterroles', { ...read('clusterRole.yaml'), rules });
  api.create('clusterrolebindings', read('clusterRoleBinding.yaml'));
  api.create('nodes', { metadata: { name: 'n1' } });
  api.create('services', { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
  const path = '/api/v1/namespaces/kube-system/serviceaccounts/fairlead/token';
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const token = textAt((await reply.json()) as JsonObject, 'status', 'token');
  const connection: Connection = {
    server: api.url,
    credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` }, tls: {} }),
    refused: () => undefined,
  };
  return { api, connection };
}

/** Once everything was read, or refused. */
async function settled(connection: Connection): Promise<ReturnType<Source['state']>> {
  const source = createApiSource({
    connection,
    nodeName: 'n1',
    watchPods: 'none',
    clock: systemClock,
    log: new FakeLog(),
    random: () => 0.2,
  });
  onTestFinished(() => source.stop());
  source.start(new Consumer());
  while (!source.state().every(({ synced, error }) => synced || error !== '')) await pause();
  return source.state();
}

/** Posts an Event about a Service, and tells what the API server has then. */
async function eventsOf(api: ApiServer, connection: Connection, log: FakeLog): Promise<readonly string[]> {
  const transport = new HttpTransport({ connection, clock: systemClock });
  onTestFinished(() => transport.close());
  const events = new ObjectEvents({ transport, nodeName: 'n1', clock: systemClock, log });
  const object = { kind: 'Service', namespace: 'default', name: 'web' } as const;
  await events.post({ object, field: 'spec.ports', message: 'cannot be used' });
  return api.list('events.events.k8s.io').items.map((event) => textAt(event, 'regarding', 'uid'));
}

describe('with all of it', () => {
  test('everything is read', async () => {
    const { connection } = await cluster();
    expect((await settled(connection)).map(({ error }) => error)).toEqual(['', '', '', '']);
  });

  test('an Event is written, and names the object that it is about', async () => {
    const { api, connection } = await cluster();
    const { uid } = api.get('services', 'default', 'web').metadata;
    expect(await eventsOf(api, connection, new FakeLog())).toEqual([uid]);
  });
});

describe('without', () => {
  const watched = GRANTS.filter(({ verb }) => verb === 'list' || verb === 'watch');

  // A streaming list is a watch to RBAC; `list` is missed by servers and moments that have none.
  test.each(watched)('$verb $resource: that is not read, and the missing rule is named', async (grant) => {
    const { api, connection } = await cluster(grant);
    if (grant.verb === 'list') api.faults.withoutWatchList(true);
    const refused = (await settled(connection)).filter(({ error }) => error !== '');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.error).toMatch(
      new RegExp(`^ServiceAccount kube-system/fairlead may not list or watch ${grant.resource}.*\\(403\\)`),
    );
  });

  test('create events: none is written', async () => {
    const { api, connection } = await cluster(GRANTS.find(({ verb }) => verb === 'create'));
    const log = new FakeLog();
    expect(await eventsOf(api, connection, log)).toEqual([]);
  });

  test('get services: the Event is written without the uid by which kubectl describe finds it', async () => {
    const without = GRANTS.find(({ verb, resource }) => verb === 'get' && resource === 'services');
    const { api, connection } = await cluster(without);
    expect(await eventsOf(api, connection, new FakeLog())).toEqual(['']);
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
