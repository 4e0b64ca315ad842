/** What is of HTTP and not of the API: sockets, encodings, discovery. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { RESOURCES } from '../../../src/playground/apiserver/resources/resources.ts';
import {
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../src/playground/apiserver/objects/json.ts';
import { type Client, collect, lines, open, send } from './conformance/http.ts';

let api: ApiServer;
let client: Client;

beforeEach(async () => {
  api = new ApiServer();
  await api.listen({ host: '127.0.0.1', port: 0 });
  client = { base: api.url };
});
afterEach(() => api.close());

test('a unix socket beside the TCP port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-api-'));
  const socketPath = join(folder, 'api.sock');
  await api.listen({ path: socketPath });
  const code = await new Promise((resolve, reject) => {
    request({ socketPath, path: '/api/v1/nodes' }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(code).toBe(200);
  expect(api.url).toBe(client.base);
  await api.close();
  rmSync(folder, { recursive: true });
});

test('a port that is taken rejects', async () => {
  const port = Number(new URL(api.url).port);
  await expect(new ApiServer().listen({ host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
});

test.each([
  ['small and asked for', 1, 'gzip', undefined],
  ['large and not asked for', 300, 'identity', undefined],
  ['large and asked for', 300, 'br, gzip', 'gzip'],
])('gzip: %s', async (_title, count, accepted, encoding) => {
  const data = { text: 'x'.repeat(1000) };
  for (let i = 0; i < count; i++) api.create('configmaps', { metadata: { name: `c-${i}` }, data });
  const response = await open(client, 'GET', '/api/v1/configmaps', undefined, {
    'Accept-Encoding': accepted,
  });
  const body = Buffer.concat(await collect<Buffer>(response));
  expect(response.headers['content-encoding']).toBe(encoding);
  const text = encoding === undefined ? body : gunzipSync(body);
  expect(listAt(JSON.parse(text.toString()), 'items')).toHaveLength(count);
});

test('a body beyond the limit is 413', async () => {
  const reply = await send(client, 'POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'a' },
    data: { a: 'x'.repeat(3 << 20) },
  });
  expect([reply.code, reply.body['reason']]).toEqual([413, 'RequestEntityTooLarge']);
});

test('a slow reader of a watch gets everything', async () => {
  for (let i = 0; i < 500; i++)
    api.create('configmaps', { metadata: { name: `c-${i}` }, data: { text: 'x'.repeat(10_000) } });
  const response = await open(client, 'GET', '/api/v1/configmaps?watch=1');
  response.pause();
  // Let the socket's buffers fill up first.
  while (response.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
  let count = 0;
  for await (const chunk of response) {
    count += String(chunk).split('\n').length - 1;
    if (count === 500) break;
  }
  expect(count).toBe(500);
});

test('every resource is discovered, in both forms, and can be listed where discovery says', async () => {
  const groups = listAt((await send(client, 'GET', '/apis')).body, 'groups').map((group) =>
    textAt(group, 'preferredVersion', 'groupVersion'),
  );
  const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const both = await Promise.all(
    ['/api', '/apis'].map((path) =>
      send(client, 'GET', path, undefined, { Accept: `${aggregated},application/json` }),
    ),
  );
  const inOne = both.flatMap(({ body }) =>
    listAt(body, 'items').flatMap((item) =>
      listAt(item, 'versions').flatMap((one) =>
        listAt(one, 'resources').map((row) => textAt(row, 'resource')),
      ),
    ),
  );
  const found: string[] = [];
  for (const prefix of ['/api/v1', ...groups.map((group) => `/apis/${group}`)]) {
    const resources = listAt((await send(client, 'GET', prefix)).body, 'resources').filter(isObject);
    for (const row of resources.filter((one) => !textAt(one, 'name').includes('/'))) {
      const name = textAt(row, 'name');
      const list = await send(client, 'GET', `${prefix}/${name}`);
      expect(list.body['kind']).toBe(`${textAt(row, 'kind')}List`);
      found.push(name);
    }
  }
  expect(found.sort()).toEqual(RESOURCES.map(({ plural }) => plural).sort());
  expect(inOne.sort()).toEqual(found);
});

test('OpenAPI says that writes are validated here, for each kind', async () => {
  const index = objectAt((await send(client, 'GET', '/openapi/v3')).body, 'paths');
  const kinds: string[] = [];
  for (const entry of Object.values(index)) {
    const { body } = await send(client, 'GET', textAt(entry, 'serverRelativeURL'));
    for (const path of Object.values(objectAt(body, 'paths'))) {
      const patch = objectAt(path, 'patch');
      const parameters = listAt(patch, 'parameters').map((parameter) => textAt(parameter, 'name'));
      if (parameters.includes('fieldValidation'))
        kinds.push(textAt(patch, 'x-kubernetes-group-version-kind', 'kind'));
    }
  }
  expect(kinds.sort()).toEqual(RESOURCES.map(({ kind }) => kind).sort());
});

const TABLE = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const READY = [{ type: 'Ready', status: 'True' }];

test.each<[plural: string, object: JsonObject, row: string]>([
  [
    'nodes',
    {
      metadata: { name: 'n', labels: { 'node-role.kubernetes.io/worker': '' } },
      status: { conditions: READY, addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
    },
    'n Ready worker <none> 0s 192.0.2.1 <none>',
  ],
  [
    'nodes',
    {
      metadata: { name: 'n' },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'False' }] },
    },
    'n NotReady,SchedulingDisabled <none> <none> 0s <none> <none>',
  ],
  [
    'services',
    { metadata: { name: 's' }, spec: { type: 'ExternalName', externalName: 'example.com' } },
    's ExternalName <none> example.com <none> 0s <none>',
  ],
  [
    'services',
    {
      metadata: { name: 's' },
      spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 53, protocol: 'UDP' }] },
    },
    's ClusterIP None <none> 53/UDP 0s a=b',
  ],
  [
    'services',
    {
      metadata: { name: 's' },
      spec: { clusterIP: '10.96.0.9', externalIPs: ['192.0.2.7'], ports: [{ port: 1 }] },
    },
    's ClusterIP 10.96.0.9 192.0.2.7 1/TCP 0s <none>',
  ],
  [
    'services',
    {
      metadata: { name: 's' },
      spec: { type: 'LoadBalancer', clusterIP: '10.96.0.9', ports: [{ port: 1, nodePort: 30001 }] },
    },
    's LoadBalancer 10.96.0.9 <pending> 1:30001/TCP 0s <none>',
  ],
  [
    'endpointslices',
    {
      metadata: { name: 'e' },
      addressType: 'IPv4',
      ports: [{ port: 80 }, { name: 'any' }],
      endpoints: ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'].map((ip) => ({ addresses: [ip] })),
    },
    'e IPv4 80,* 10.1.0.1,10.1.0.2,10.1.0.3 + 1 more... 0s',
  ],
  [
    'endpoints',
    {
      metadata: { name: 'e' },
      subsets: [{ addresses: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }] }],
    },
    'e 10.1.0.1:80,[fd00::1]:80 0s',
  ],
  ['secrets', { metadata: { name: 'x' }, data: { a: 'eA==' } }, 'x Opaque 1 0s'],
  [
    'events',
    {
      metadata: { name: 'x' },
      type: 'Normal',
      reason: 'R',
      message: 'told',
      involvedObject: { kind: 'Pod', name: 'p' },
    },
    'x Normal R pod/p told 0s',
  ],
])('a row of %s %j', async (plural, object, row) => {
  api.create(plural, object);
  const prefix = plural === 'endpointslices' ? '/apis/discovery.k8s.io/v1' : '/api/v1';
  const { body } = await send(client, 'GET', `${prefix}/${plural}`, undefined, TABLE);
  const rows = listAt(body, 'rows').map((one) => textsAt(one, 'cells').join(' '));
  expect(rows.map((text) => text.replace(/ \d+s/, ' 0s'))).toEqual([row]);
});

test('rows of a watch are Tables too', async () => {
  const response = await open(client, 'GET', '/api/v1/nodes?watch=1', undefined, TABLE);
  api.create('nodes', { metadata: { name: 'n' } });
  for await (const chunk of response) {
    expect(JSON.parse(String(chunk))).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: expect.arrayContaining(['n']) }] },
    });
    break;
  }
});

test('both Event APIs show one object, each in its own form', async () => {
  const events = '/api/v1/namespaces/default/events';
  const newer = '/apis/events.k8s.io/v1/namespaces/default/events';
  await send(client, 'POST', newer, {
    metadata: { name: 'e' },
    note: 'told',
    regarding: { kind: 'Service', name: 'web' },
    type: 'Normal',
  });
  const core = await send(client, 'GET', `${events}?fieldSelector=involvedObject.name%3Dweb`);
  expect(listAt(core.body, 'items')).toMatchObject([{ message: 'told', involvedObject: { name: 'web' } }]);
  const v1 = await send(client, 'GET', `${newer}?fieldSelector=regarding.name%3Dweb`);
  expect(listAt(v1.body, 'items')).toMatchObject([{ note: 'told', regarding: { name: 'web' } }]);
  expect((await send(client, 'GET', `${newer}/e`)).body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
  });
});

test('a Deployment is scaled through its subresource', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  api.create('deployments', {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  });
  const path = '/apis/apps/v1/namespaces/default/deployments/web/scale';
  const scale = await send(client, 'GET', path);
  expect(scale.body).toMatchObject({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 1 },
    status: { replicas: 0, selector: 'a=b' },
  });
  const put = await send(client, 'PUT', path, { ...scale.body, spec: { replicas: 3 } });
  expect(put.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
  expect((await send(client, 'PUT', path, scale.body)).code).toBe(409);
  const patched = await send(
    client,
    'PATCH',
    path,
    { spec: { replicas: 0 } },
    { 'Content-Type': 'application/merge-patch+json' },
  );
  expect(patched.body).toMatchObject({ spec: { replicas: 0 } });
  expect(api.get('deployments', 'default', 'web')).toMatchObject({
    metadata: { generation: 3 },
    spec: { replicas: 0 },
  });
});

test("a watch without an end of its own ends after the server's time", async () => {
  const short = new ApiServer({ watchTimeoutSeconds: 0.01 });
  await short.listen({ host: '127.0.0.1', port: 0 });
  expect(await collect(lines({ base: short.url }, '/api/v1/nodes?watch=1'))).toEqual([]);
  await short.close();
});
