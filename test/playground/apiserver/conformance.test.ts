/** What our API server and a real one must say alike. FAIRLEAD_REAL_APISERVER=kubeconfig runs it on a real one too. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../src/playground/apiserver/objects/json.ts';
import { type Client, collect, lines, type Reply, send } from './http.ts';
import { targets } from './target.ts';

/** Of a failure: code, reason, and a part of the message. */
type Failure = readonly [code: number, reason: string, message: string];

const PORT = [{ port: 80 }];

describe.each(
  targets().map(
    (target) => [target.skip === '' ? target.name : `${target.name} (${target.skip})`, target] as const,
  ),
)('%s', (_name, target) => {
  let client: Client;
  let namespace: string;
  let count = 0;
  const run = Math.floor(Date.now() / 1000).toString(36);

  beforeAll(async () => {
    if (target.skip !== '') return;
    client = await target.start();
  });
  afterAll(() => target.stop());
  beforeEach(async ({ skip }) => {
    if (target.skip !== '') skip(target.skip);
    namespace = `t-${run}-${count++}`;
    await call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  });

  const call = (
    method: string,
    path: string,
    body?: Json,
    headers: Record<string, string> = {},
  ): Promise<Reply> => send(client, method, path.replaceAll('{ns}', namespace), body, headers);
  const services = (name = ''): string =>
    `/api/v1/namespaces/${namespace}/services${name === '' ? '' : `/${name}`}`;
  const create = async (name: string, spec: JsonObject, more: JsonObject = {}): Promise<Reply> =>
    call('POST', services(), { metadata: { name, ...more }, spec });
  const created = async (
    name: string,
    spec: JsonObject = { ports: PORT },
    more: JsonObject = {},
  ): Promise<JsonObject> => {
    const reply = await create(name, spec, more);
    expect(reply.text).toContain(`"${name}"`);
    expect(reply.code).toBe(201);
    return reply.body;
  };
  const merge = (name: string, patch: Json): Promise<Reply> =>
    call('PATCH', services(name), patch, { 'Content-Type': 'application/merge-patch+json' });
  const failure = ({ body }: Reply): JsonObject => ({ code: body['code'], reason: body['reason'] });

  describe('requests that are refused', () => {
    test.each<
      [
        method: string,
        path: string,
        body: Json | undefined,
        headers: Record<string, string>,
        expected: Failure,
      ]
    >([
      [
        'GET',
        '/api/v1/services?resourceVersion=abc',
        undefined,
        {},
        [400, 'BadRequest', 'invalid resource version'],
      ],
      [
        'GET',
        '/api/v1/services?resourceVersionMatch=Exact',
        undefined,
        {},
        [422, 'Invalid', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
      ],
      [
        'GET',
        '/api/v1/services?resourceVersion=0&resourceVersionMatch=Exact',
        undefined,
        {},
        [422, 'Invalid', '"exact" is forbidden for resourceVersion "0"'],
      ],
      [
        'GET',
        '/api/v1/services?resourceVersion=1&resourceVersionMatch=Nearly',
        undefined,
        {},
        [422, 'Invalid', 'supported values: "Exact", "NotOlderThan", ""'],
      ],
      [
        'GET',
        '/api/v1/services?resourceVersion=99999999&resourceVersionMatch=Exact',
        undefined,
        {},
        [504, 'Timeout', 'Too large resource version'],
      ],
      [
        'GET',
        '/api/v1/services?labelSelector=a%20b',
        undefined,
        {},
        [400, 'BadRequest', 'unable to parse requirement'],
      ],
      [
        'GET',
        '/api/v1/services?fieldSelector=spec.colour=red',
        undefined,
        {},
        [400, 'BadRequest', 'field label not supported: spec.colour'],
      ],
      [
        'GET',
        '/api/v1/services?fieldSelector=colour',
        undefined,
        {},
        [400, 'BadRequest', "invalid selector: 'colour'; can't understand 'colour'"],
      ],
      [
        'GET',
        '/api/v1/services?continue=abc',
        undefined,
        {},
        [400, 'BadRequest', 'continue key is not valid'],
      ],
      [
        'GET',
        '/api/v1/services?watch=1&sendInitialEvents=true',
        undefined,
        {},
        [422, 'Invalid', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
      ],
      [
        'GET',
        '/api/v1/services?watch=1&resourceVersionMatch=NotOlderThan',
        undefined,
        {},
        [422, 'Invalid', 'forbidden for watch unless sendInitialEvents is provided'],
      ],
      [
        'GET',
        '/api/v1/namespaces/{ns}/services/none',
        undefined,
        {},
        [404, 'NotFound', 'services "none" not found'],
      ],
      [
        'GET',
        '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/none',
        undefined,
        {},
        [404, 'NotFound', 'endpointslices.discovery.k8s.io "none" not found'],
      ],
      [
        'GET',
        '/api/v1/gizmos',
        undefined,
        {},
        [404, 'NotFound', 'the server could not find the requested resource'],
      ],
      [
        'GET',
        '/api/v1/services',
        undefined,
        { Accept: 'text/plain' },
        [406, 'NotAcceptable', '406: Not Acceptable'],
      ],
      ['PUT', '/api/v1/services', {}, {}, [405, 'MethodNotAllowed', 'the server does not allow this method']],
      [
        'DELETE',
        '/api/v1/namespaces/{ns}/services/none',
        undefined,
        {},
        [404, 'NotFound', 'services "none" not found'],
      ],
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/services/none',
        {},
        { 'Content-Type': 'text/plain' },
        [415, 'UnsupportedMediaType', '415: Unsupported Media Type'],
      ],
      [
        'POST',
        '/api/v1/namespaces/{ns}/services',
        'x',
        { 'Content-Type': 'text/plain' },
        [415, 'UnsupportedMediaType', 'unknown format'],
      ],
      ['POST', '/api/v1/namespaces/{ns}/services', '{', {}, [400, 'BadRequest', '']],
      [
        'POST',
        '/api/v1/namespaces/{ns}/services',
        { kind: 'Pod', apiVersion: 'v1' },
        {},
        [400, 'BadRequest', 'Pod in version "v1" cannot be handled as a Service'],
      ],
      [
        'POST',
        '/api/v1/namespaces/{ns}/services',
        { metadata: { name: 'a', namespace: 'b' } },
        {},
        [400, 'BadRequest', 'the namespace of the provided object does not match'],
      ],
      [
        'POST',
        '/api/v1/namespaces/{ns}/configmaps',
        { metadata: {} },
        {},
        [422, 'Invalid', 'name or generateName is required'],
      ],
    ])('%s %s %j', async (method, path, body, headers, [code, reason, message]) => {
      const reply = await call(method, path, body, headers);
      expect(failure(reply)).toEqual({ code, reason });
      expect(reply.code).toBe(code);
      expect(textAt(reply.body, 'message')).toContain(message);
    });
  });

  describe('Services are completed', () => {
    test.each<[title: string, spec: JsonObject, expected: JsonObject]>([
      [
        'ClusterIP by default',
        { ports: PORT },
        {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        },
      ],
      [
        'headless with selector',
        { clusterIP: 'None', selector: { a: 'b' } },
        { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      ],
      [
        'headless without',
        { clusterIP: 'None' },
        { clusterIPs: ['None'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
      ],
      [
        'affinity',
        { ports: PORT, sessionAffinity: 'ClientIP' },
        { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
      ],
      [
        'NodePort',
        { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', protocol: 'UDP' }] },
        {
          externalTrafficPolicy: 'Cluster',
          ports: [{ targetPort: 'http', protocol: 'UDP', nodePort: expect.any(Number) }],
        },
      ],
      [
        'LoadBalancer, local',
        { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: PORT },
        {
          allocateLoadBalancerNodePorts: true,
          healthCheckNodePort: expect.any(Number),
        },
      ],
      ['external IPs', { ports: PORT, externalIPs: ['192.0.2.1'] }, { externalTrafficPolicy: 'Cluster' }],
      [
        'dual stack preferred',
        { ports: PORT, ipFamilyPolicy: 'PreferDualStack' },
        {
          ipFamilies: ['IPv4', 'IPv6'],
          clusterIPs: [expect.stringMatching(/^10\./), expect.stringMatching(/^fd00:/)],
        },
      ],
      [
        'IPv6 first',
        { ports: PORT, ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' },
        { ipFamilies: ['IPv6', 'IPv4'], clusterIP: expect.stringMatching(/^fd00:/) },
      ],
      [
        'IPv6 alone',
        { ports: PORT, ipFamilies: ['IPv6'] },
        { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
      ],
    ])('%s', async (_title, spec, expected) => {
      const service = await created('web', spec);
      expect(service['spec']).toMatchObject(expected);
    });

    test('ExternalName has neither address nor ports to fill', async () => {
      const service = await created('web', { type: 'ExternalName', externalName: 'example.com' });
      expect(service['spec']).toEqual({
        type: 'ExternalName',
        externalName: 'example.com',
        sessionAffinity: 'None',
      });
    });

    test("the status is not the creator's", async () => {
      const reply = await call('POST', services(), {
        metadata: { name: 'web' },
        spec: { ports: PORT },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
      });
      expect(reply.body['status']).toEqual({ loadBalancer: {} });
    });
  });

  describe('Services are refused', () => {
    test.each<[spec: JsonObject, field: string]>([
      [{ ports: [{ port: 0 }] }, 'spec.ports[0].port'],
      [{ ports: [{ port: 70000 }] }, 'spec.ports[0].port'],
      [{ ports: [{ port: 80, protocol: 'ICMP' }] }, 'spec.ports[0].protocol'],
      [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name'],
      [
        {
          ports: [
            { port: 80, name: 'a' },
            { port: 81, name: 'a' },
          ],
        },
        'spec.ports[1].name',
      ],
      [
        {
          ports: [
            { port: 80, name: 'a' },
            { port: 80, name: 'b' },
          ],
        },
        'spec.ports[1]',
      ],
      [{ ports: [{ port: 80, nodePort: 30001 }] }, 'spec.ports[0].nodePort'],
      [{ type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] }, 'spec.ports[0].nodePort'],
      [{}, 'spec.ports'],
      [{ ports: PORT, type: 'Gateway' }, 'spec.type'],
      [{ ports: PORT, clusterIP: 'None', type: 'NodePort' }, 'spec.clusterIPs[0]'],
      [{ ports: PORT, clusterIP: '192.0.2.1' }, 'spec.clusterIPs'],
      [{ ports: PORT, clusterIP: '10.96.5.5', clusterIPs: ['10.96.5.6'] }, 'spec.clusterIPs'],
      [{ ports: PORT, sessionAffinity: 'Cookie' }, 'spec.sessionAffinity'],
      [{ type: 'ExternalName', externalName: 'EXAMPLE_' }, 'spec.externalName'],
    ])('%j: %s', async (spec, field) => {
      const reply = await create('web', spec);
      expect(failure(reply)).toEqual({ code: 422, reason: 'Invalid' });
      const causes = listAt(reply.body, 'details', 'causes').filter(isObject);
      expect(causes.map((cause) => cause['field'])).toContain(field);
      expect(textAt(reply.body, 'message')).toContain('Service "web" is invalid: ');
    });

    test.each(['Web', '1web', 'a.b', 'a'.repeat(64)])('the name %j', async (name) => {
      const reply = await create(name, { ports: PORT });
      expect(failure(reply)).toEqual({ code: 422, reason: 'Invalid' });
      expect(textAt(reply.body, 'message')).toContain('metadata.name');
    });

    test('a second one with the same address, or the same node port', async () => {
      const first = await created('a', { type: 'NodePort', ports: PORT });
      const { clusterIP, ports } = objectAt(first, 'spec');
      const twin = await create('b', { ports: PORT, clusterIP });
      expect(textAt(twin.body, 'message')).toContain('provided IP is already allocated');
      const rival = await create('c', { type: 'NodePort', ports });
      expect(textAt(rival.body, 'message')).toContain('provided port is already allocated');
      // What a Service gives up, the next can have.
      await call('DELETE', services('a'));
      await created('b', { ports: PORT, clusterIP });
      await created('c', { type: 'NodePort', ports });
    });
  });

  describe('Services change', () => {
    test('type: what only the old one had is released, what the new one needs is allocated', async () => {
      const before = await created('web', { type: 'NodePort', ports: PORT });
      const away = await merge('web', { spec: { type: 'ExternalName', externalName: 'example.com' } });
      expect(objectAt(away.body, 'spec')).toMatchObject({ type: 'ExternalName', ports: [{ port: 80 }] });
      expect(Object.keys(objectAt(away.body, 'spec'))).not.toContain('clusterIP');
      const { clusterIP, ports } = objectAt(before, 'spec');
      await created('heir', { type: 'NodePort', ports, clusterIP });
      const back = await merge('web', { spec: { type: 'ClusterIP', externalName: null } });
      expect(textAt(back.body, 'spec', 'clusterIP')).toMatch(/^10\./);
      expect(textAt(back.body, 'spec', 'clusterIP')).not.toBe(clusterIP);
    });

    test('the address may not', async () => {
      await created('web', { ports: PORT, clusterIP: '' });
      const reply = await merge('web', { spec: { clusterIP: '10.96.77.77' } });
      expect(failure(reply)).toEqual({ code: 422, reason: 'Invalid' });
      expect(textAt(reply.body, 'message')).toContain('may not change once set');
    });

    test('a PUT of the manifest keeps what was allocated', async () => {
      const before = await created('web', { type: 'NodePort', ports: PORT });
      const again = await call('PUT', services('web'), {
        metadata: { name: 'web' },
        spec: { type: 'NodePort', ports: PORT },
      });
      expect(again.body['spec']).toEqual(before['spec']);
    });

    test('to two families and back to one', async () => {
      const one = await created('web', { ports: PORT });
      const two = await merge('web', { spec: { ipFamilyPolicy: 'PreferDualStack' } });
      expect(textsAt(two.body, 'spec', 'clusterIPs')).toEqual([
        textAt(one, 'spec', 'clusterIP'),
        expect.stringMatching(/^fd00:/),
      ]);
      const back = await merge('web', { spec: { ipFamilyPolicy: 'SingleStack' } });
      expect(textsAt(back.body, 'spec', 'clusterIPs')).toEqual([textAt(one, 'spec', 'clusterIP')]);
    });
  });

  describe('writes', () => {
    test('generateName, uid, creationTimestamp', async () => {
      const reply = await call('POST', services(), {
        metadata: { generateName: 'web-' },
        spec: { ports: PORT },
      });
      expect(objectAt(reply.body, 'metadata')).toMatchObject({
        name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
        namespace,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      });
    });

    test('a name that is taken is 409', async () => {
      await created('web');
      const reply = await create('web', { ports: PORT });
      expect(failure(reply)).toEqual({ code: 409, reason: 'AlreadyExists' });
      expect(reply.body['message']).toBe('services "web" already exists');
    });

    test('an old resourceVersion is 409, none overwrites', async () => {
      const first = await created('web');
      await merge('web', { metadata: { labels: { a: 'b' } } });
      const stale = await call('PUT', services('web'), first);
      expect(failure(stale)).toEqual({ code: 409, reason: 'Conflict' });
      expect(textAt(stale.body, 'message')).toContain('the object has been modified');
      const { resourceVersion: _none, ...metadata } = objectAt(first, 'metadata');
      expect((await call('PUT', services('web'), { ...first, metadata })).code).toBe(200);
    });

    test('a write that changes nothing has no version of its own', async () => {
      const first = await created('web');
      const again = await call('PUT', services('web'), first);
      expect(textAt(again.body, 'metadata', 'resourceVersion')).toBe(
        textAt(first, 'metadata', 'resourceVersion'),
      );
    });

    test('dry run answers and stores nothing', async () => {
      const reply = await call('POST', `${services()}?dryRun=All`, {
        metadata: { name: 'web' },
        spec: { ports: PORT },
      });
      expect(reply.code).toBe(201);
      expect((await call('GET', services('web'))).code).toBe(404);
    });

    test('status and spec are written apart', async () => {
      await created('web', { type: 'LoadBalancer', ports: PORT });
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP' }] } };
      const body = { metadata: { name: 'web' }, spec: { type: 'ClusterIP' }, status };
      const reply = await call('PATCH', `${services('web')}/status`, body, {
        'Content-Type': 'application/merge-patch+json',
      });
      expect(reply.body['status']).toEqual(status);
      expect(textAt(reply.body, 'spec', 'type')).toBe('LoadBalancer');
      const after = await merge('web', { status: { loadBalancer: {} } });
      expect(after.body['status']).toEqual(status);
    });

    test('YAML is taken and given', async () => {
      const yaml = 'metadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n';
      expect((await call('POST', services(), yaml, { 'Content-Type': 'application/yaml' })).code).toBe(201);
      const reply = await call('GET', services('web'), undefined, { Accept: 'application/yaml' });
      expect(reply.text).toContain('kind: Service\n');
    });

    test('a deletion names its object, honours preconditions and finalizers', async () => {
      const service = await created('web', { ports: PORT }, { finalizers: ['example.com/wait'] });
      const wrong = await call('DELETE', services('web'), { preconditions: { uid: 'x' } });
      expect(failure(wrong)).toEqual({ code: 409, reason: 'Conflict' });
      expect((await call('DELETE', services('web'))).code).toBe(200);
      const waiting = await call('GET', services('web'));
      expect(textAt(waiting.body, 'metadata', 'deletionTimestamp')).not.toBe('');
      await merge('web', { metadata: { finalizers: null } });
      expect((await call('GET', services('web'))).code).toBe(404);
      await created('plain');
      const gone = await call('DELETE', services('plain'));
      expect(gone.body).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: { name: 'plain', kind: 'services' },
      });
      expect(textAt(service, 'metadata', 'uid')).not.toBe('');
    });

    test('a collection is deleted by selector', async () => {
      await created('a', { ports: PORT }, { labels: { app: 'x' } });
      await created('b');
      await call('DELETE', `${services()}?labelSelector=app%3Dx`);
      const left = await call('GET', services());
      expect(listAt(left.body, 'items').map((item) => textAt(item, 'metadata', 'name'))).toEqual(['b']);
    });

    test('a namespace goes with all that is in it', async () => {
      await created('web');
      await call('POST', '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices', {
        metadata: { name: 's' },
        addressType: 'IPv4',
        endpoints: [],
      });
      await call('DELETE', '/api/v1/namespaces/{ns}');
      expect((await call('GET', services('web'))).code).toBe(404);
      expect((await call('GET', '/api/v1/namespaces/{ns}')).code).toBe(404);
    });
  });

  describe('LIST', () => {
    const names = (reply: Reply): string[] =>
      listAt(reply.body, 'items').map((item) => textAt(item, 'metadata', 'name'));

    test('pages show one state, whatever happens between them', async () => {
      for (const i of [1, 2, 3, 4, 5]) await created(`s-${i}`);
      const first = await call('GET', `${services()}?limit=2`);
      expect(objectAt(first.body, 'metadata')['remainingItemCount']).toBe(3);
      await call('DELETE', services('s-4'));
      await created('s-3a');
      const second = await call(
        'GET',
        `${services()}?limit=2&continue=${textAt(first.body, 'metadata', 'continue')}`,
      );
      const third = await call(
        'GET',
        `${services()}?limit=2&continue=${textAt(second.body, 'metadata', 'continue')}`,
      );
      expect([names(first), names(second), names(third)]).toEqual([['s-1', 's-2'], ['s-3', 's-4'], ['s-5']]);
      expect(textAt(third.body, 'metadata', 'continue')).toBe('');
      expect(textAt(third.body, 'metadata', 'resourceVersion')).toBe(
        textAt(first.body, 'metadata', 'resourceVersion'),
      );
    });

    test('exactly an old state, or not older than it', async () => {
      const old = textAt(await created('a'), 'metadata', 'resourceVersion');
      await created('b');
      expect(
        names(await call('GET', `${services()}?resourceVersion=${old}&resourceVersionMatch=Exact`)),
      ).toEqual(['a']);
      expect(
        names(await call('GET', `${services()}?resourceVersion=${old}&resourceVersionMatch=NotOlderThan`)),
      ).toEqual(['a', 'b']);
      expect(names(await call('GET', `${services()}?resourceVersion=${old}&limit=9`))).toEqual(['a']);
    });

    test('items have no kind of their own', async () => {
      await created('a');
      const reply = await call('GET', services());
      expect(reply.body).toMatchObject({ kind: 'ServiceList', apiVersion: 'v1' });
      expect(Object.keys(objectAt(listAt(reply.body, 'items')[0])).sort()).toEqual([
        'metadata',
        'spec',
        'status',
      ]);
    });

    test.each([
      ['labelSelector=app', ['a', 'b']],
      ['labelSelector=!app', ['c']],
      ['labelSelector=app=a', ['a']],
      ['labelSelector=app!=a', ['b', 'c']],
      ['labelSelector=app in (a,b),tier', ['b']],
      ['labelSelector=app notin (a)', ['b', 'c']],
      ['fieldSelector=metadata.name=c', ['c']],
      ['fieldSelector=metadata.name!=c,metadata.namespace={ns}', ['a', 'b']],
      ['fieldSelector=spec.clusterIP=None', ['c']],
    ])('%s', async (query, expected) => {
      await created('a', { ports: PORT }, { labels: { app: 'a' } });
      await created('b', { ports: PORT }, { labels: { app: 'b', tier: 'x' } });
      await created('c', { clusterIP: 'None' });
      const [key = '', ...rest] = query.split('=');
      const value = rest.join('=').replace('{ns}', namespace);
      expect(names(await call('GET', `${services()}?${key}=${encodeURIComponent(value)}`))).toEqual(expected);
    });

    test('as a Table, as metadata only', async () => {
      await created('a');
      const table = await call('GET', services(), undefined, {
        Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      });
      expect(table.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      const columns = listAt(table.body, 'columnDefinitions').map((column) => textAt(column, 'name'));
      expect(columns.slice(0, 6)).toEqual(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age']);
      const row = objectAt(listAt(table.body, 'rows')[0]);
      expect(row).toMatchObject({ object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
      const meta = await call('GET', services(), undefined, {
        Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      });
      expect(meta.body).toMatchObject({
        kind: 'PartialObjectMetadataList',
        items: [{ metadata: { name: 'a' } }],
      });
      expect(Object.keys(objectAt(listAt(meta.body, 'items')[0])).includes('spec')).toBe(false);
    });
  });

  describe('WATCH', () => {
    const told = (event: JsonObject): string =>
      `${textAt(event, 'type')} ${textAt(event, 'object', 'metadata', 'name')}`;

    test('from a version, with selector transitions', async () => {
      const start = textAt(await created('a'), 'metadata', 'resourceVersion');
      await created('b', { ports: PORT }, { labels: { app: 'x' } });
      await merge('a', { metadata: { labels: { app: 'x' } } });
      await merge('b', { metadata: { labels: { app: 'y' } } });
      const heard = await collect(
        lines(
          client,
          `${services()}?watch=1&resourceVersion=${start}&labelSelector=app%3Dx&timeoutSeconds=1`,
        ),
      );
      expect(heard.map(told)).toEqual(['ADDED b', 'ADDED a', 'DELETED b']);
      expect(textAt(heard[2], 'object', 'metadata', 'labels', 'app')).toBe('x');
    });

    test('a streaming list', async () => {
      await created('a');
      const stream = lines(
        client,
        `${services()}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      );
      expect(told((await stream.next()).value ?? {})).toBe('ADDED a');
      const bookmark = objectAt((await stream.next()).value ?? {});
      expect(textAt(bookmark, 'type')).toBe('BOOKMARK');
      expect(textAt(bookmark, 'object', 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true');
      const version = textAt(await created('b'), 'metadata', 'resourceVersion');
      const next = objectAt((await stream.next()).value ?? {});
      expect(told(next)).toBe('ADDED b');
      expect(textAt(next, 'object', 'metadata', 'resourceVersion')).toBe(version);
      await stream.return();
    });

    test('a deletion carries a version of its own', async () => {
      const stream = lines(client, `${services()}?watch=1`);
      await created('a');
      const added = objectAt((await stream.next()).value ?? {});
      await call('DELETE', services('a'));
      const deleted = objectAt((await stream.next()).value ?? {});
      expect([told(added), told(deleted)]).toEqual(['ADDED a', 'DELETED a']);
      const version = (event: JsonObject): number =>
        Number(textAt(event, 'object', 'metadata', 'resourceVersion'));
      expect(version(deleted)).toBeGreaterThan(version(added));
      await stream.return();
    });
  });
});
