import { expect, test } from 'vitest';
import { listAt, objectAt, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { failureOf, onEveryServer, PORT } from './cluster.ts';

onEveryServer((cluster) => {
  test('generateName, uid, creationTimestamp', async () => {
    const reply = await cluster.call('POST', cluster.services(), {
      metadata: { generateName: 'web-' },
      spec: { ports: PORT },
    });
    expect(objectAt(reply.body, 'metadata')).toMatchObject({
      name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
      namespace: cluster.namespace,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test('a name that is taken is 409', async () => {
    await cluster.created('web');
    const reply = await cluster.create('web', { ports: PORT });
    expect(failureOf(reply)).toEqual({ code: 409, reason: 'AlreadyExists' });
    expect(reply.body['message']).toBe('services "web" already exists');
  });

  test('an old resourceVersion is 409, none overwrites', async () => {
    const first = await cluster.created('web');
    await cluster.merge('web', { metadata: { labels: { a: 'b' } } });
    const stale = await cluster.call('PUT', cluster.services('web'), first);
    expect(failureOf(stale)).toEqual({ code: 409, reason: 'Conflict' });
    expect(textAt(stale.body, 'message')).toContain('the object has been modified');
    const { resourceVersion: _none, ...metadata } = objectAt(first, 'metadata');
    expect((await cluster.call('PUT', cluster.services('web'), { ...first, metadata })).code).toBe(200);
  });

  test('a write that changes nothing has no version of its own', async () => {
    const first = await cluster.created('web');
    const again = await cluster.call('PUT', cluster.services('web'), first);
    expect(textAt(again.body, 'metadata', 'resourceVersion')).toBe(
      textAt(first, 'metadata', 'resourceVersion'),
    );
  });

  test('dry run answers and stores nothing', async () => {
    const reply = await cluster.call('POST', `${cluster.services()}?dryRun=All`, {
      metadata: { name: 'web' },
      spec: { ports: PORT },
    });
    expect(reply.code).toBe(201);
    expect((await cluster.call('GET', cluster.services('web'))).code).toBe(404);
  });

  test('status and spec are written apart', async () => {
    await cluster.created('web', { type: 'LoadBalancer', ports: PORT });
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP' }] } };
    const body = { metadata: { name: 'web' }, spec: { type: 'ClusterIP' }, status };
    const reply = await cluster.call('PATCH', `${cluster.services('web')}/status`, body, {
      'Content-Type': 'application/merge-patch+json',
    });
    expect(reply.body['status']).toEqual(status);
    expect(textAt(reply.body, 'spec', 'type')).toBe('LoadBalancer');
    const after = await cluster.merge('web', { status: { loadBalancer: {} } });
    expect(after.body['status']).toEqual(status);
  });

  test('YAML is taken and given', async () => {
    const yaml = 'metadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n';
    expect(
      (await cluster.call('POST', cluster.services(), yaml, { 'Content-Type': 'application/yaml' })).code,
    ).toBe(201);
    const reply = await cluster.call('GET', cluster.services('web'), undefined, {
      Accept: 'application/yaml',
    });
    expect(reply.text).toContain('kind: Service\n');
  });

  test('a deletion names its object, honours preconditions and finalizers', async () => {
    const service = await cluster.created('web', { ports: PORT }, { finalizers: ['example.com/wait'] });
    const wrong = await cluster.call('DELETE', cluster.services('web'), { preconditions: { uid: 'x' } });
    expect(failureOf(wrong)).toEqual({ code: 409, reason: 'Conflict' });
    expect((await cluster.call('DELETE', cluster.services('web'))).code).toBe(200);
    const waiting = await cluster.call('GET', cluster.services('web'));
    expect(textAt(waiting.body, 'metadata', 'deletionTimestamp')).not.toBe('');
    await cluster.merge('web', { metadata: { finalizers: null } });
    expect((await cluster.call('GET', cluster.services('web'))).code).toBe(404);
    await cluster.created('plain');
    const gone = await cluster.call('DELETE', cluster.services('plain'));
    expect(gone.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'plain', kind: 'services' },
    });
    expect(textAt(service, 'metadata', 'uid')).not.toBe('');
  });

  test('a collection is deleted by selector', async () => {
    await cluster.created('a', { ports: PORT }, { labels: { app: 'x' } });
    await cluster.created('b');
    await cluster.call('DELETE', `${cluster.services()}?labelSelector=app%3Dx`);
    const left = await cluster.call('GET', cluster.services());
    expect(listAt(left.body, 'items').map((item) => textAt(item, 'metadata', 'name'))).toEqual(['b']);
  });

  test('a cluster.namespace goes with all that is in it', async () => {
    await cluster.created('web');
    await cluster.call('POST', '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices', {
      metadata: { name: 's' },
      addressType: 'IPv4',
      endpoints: [],
    });
    await cluster.call('DELETE', '/api/v1/namespaces/{ns}');
    expect((await cluster.call('GET', cluster.services('web'))).code).toBe(404);
    expect((await cluster.call('GET', '/api/v1/namespaces/{ns}')).code).toBe(404);
  });
});
