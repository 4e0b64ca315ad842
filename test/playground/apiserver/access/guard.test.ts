/** Who may do what, as a client meets it: by HTTP, with the token of a ServiceAccount. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../../../src/playground/apiserver/apiServer.ts';
import { type Json, type JsonObject, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { FakeClock } from '../../../fake/clock.ts';

const HOUR = 3_600_000;
const CONFIGMAPS = '/api/v1/namespaces/kube-system/configmaps';
const TOKEN = '/api/v1/namespaces/kube-system/serviceaccounts/agent/token';

const clock = new FakeClock();
const api = new ApiServer({ clock });
let token = '';

interface Reply {
  readonly code: number;
  readonly body: JsonObject;
}

async function send(method: string, path: string, bearer = '', body?: Json): Promise<Reply> {
  const reply = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { code: reply.status, body: (await reply.json()) as JsonObject };
}

async function newToken(spec: JsonObject = {}): Promise<string> {
  const { body } = await send('POST', TOKEN, '', { spec });
  return textAt(body, 'status', 'token');
}

function bind(plural: string, subject: JsonObject, namespace?: string, roleKind = 'ClusterRole'): void {
  const metadata = { name: 'agents', ...(namespace === undefined ? {} : { namespace }) };
  api.create(plural, { metadata, subjects: [subject], roleRef: { kind: roleKind, name: 'reader' } });
}

const AGENT = { kind: 'ServiceAccount', name: 'agent', namespace: 'kube-system' };
const READER = {
  metadata: { name: 'reader' },
  rules: [
    { apiGroups: [''], resources: ['services', 'services/status'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['coredns'], verbs: ['get', 'list'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['*'], verbs: ['*'] },
  ],
};

beforeAll(async () => {
  await api.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());

beforeEach(async () => {
  for (const plural of ['clusterroles', 'roles', 'clusterrolebindings', 'rolebindings', 'serviceaccounts'])
    for (const { metadata } of api.list(plural).items)
      api.delete(plural, metadata.namespace ?? '', metadata.name);
  api.create('serviceaccounts', { metadata: { name: 'agent', namespace: 'kube-system' } });
  token = await newToken();
});

describe('a ClusterRole that is bound everywhere', () => {
  beforeEach(() => {
    api.create('clusterroles', READER);
    bind('clusterrolebindings', AGENT);
  });

  test.each([
    ['GET', '/api/v1/services', 200],
    ['GET', '/api/v1/namespaces/default/services', 200],
    ['GET', '/api/v1/namespaces/default/services/nowhere', 404],
    ['GET', '/api/v1/namespaces/default/services/nowhere/status', 404],
    ['POST', '/api/v1/namespaces/default/services', 403],
    ['DELETE', '/api/v1/namespaces/default/services/nowhere', 403],
    ['GET', '/api/v1/pods', 403],
    ['GET', '/apis/discovery.k8s.io/v1/endpointslices', 200],
    ['DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/nowhere', 404],
    // Another group's resource of the same name would be another one.
    ['GET', '/apis/coordination.k8s.io/v1/leases', 403],
    ['GET', CONFIGMAPS, 403],
    ['GET', `${CONFIGMAPS}/coredns`, 404],
    ['GET', `${CONFIGMAPS}/other`, 403],
    ['GET', `${CONFIGMAPS}?fieldSelector=metadata.name=coredns`, 200],
    ['GET', `${CONFIGMAPS}?fieldSelector=metadata.name=other`, 403],
    ['GET', `${CONFIGMAPS}?watch=1&fieldSelector=metadata.name=coredns`, 403],
    // What a cluster tells everybody.
    ['GET', '/version', 200],
  ])('%s %s: %i', async (method, path, code) => {
    expect((await send(method, path, token, method === 'POST' ? {} : undefined)).code).toBe(code);
  });

  test('a denial is told in the words of the real server', async () => {
    const { body } = await send('DELETE', '/api/v1/namespaces/default/services/web', token);
    expect(body).toMatchObject({
      reason: 'Forbidden',
      message:
        'services "web" is forbidden: User "system:serviceaccount:kube-system:agent" cannot delete resource "services" in API group "" in the namespace "default"',
      details: { name: 'web', kind: 'services' },
    });
  });

  test.each([
    ['nobody, who may do anything', '', 200],
    ['a token that nobody was given', 'invented', 401],
  ])('%s', async (_, bearer, code) => {
    expect((await send('GET', '/api/v1/pods', bearer)).code).toBe(code);
  });
});

test.each([
  ['another account', { ...AGENT, name: 'other' }, 403],
  ['the same name in another namespace', { ...AGENT, namespace: 'default' }, 403],
  ['its user name', { kind: 'User', name: 'system:serviceaccount:kube-system:agent' }, 200],
  ['all accounts', { kind: 'Group', name: 'system:serviceaccounts' }, 200],
  ['the accounts of another namespace', { kind: 'Group', name: 'system:serviceaccounts:default' }, 403],
])('a role that is bound to %s: %i', async (_, subject, code) => {
  api.create('clusterroles', READER);
  bind('clusterrolebindings', subject);
  expect((await send('GET', '/api/v1/services', token)).code).toBe(code);
});

test('a binding of one namespace is good there alone, and a Role in its own', async () => {
  api.create('roles', { ...READER, metadata: { name: 'reader', namespace: 'default' } });
  bind('rolebindings', AGENT, 'default', 'Role');
  bind('rolebindings', AGENT, 'kube-system', 'Role');
  expect((await send('GET', '/api/v1/namespaces/default/services', token)).code).toBe(200);
  expect((await send('GET', '/api/v1/namespaces/kube-system/services', token)).code).toBe(403);
  expect((await send('GET', '/api/v1/services', token)).code).toBe(403);
});

describe('a token', () => {
  test.each([
    ['is good for an hour', {}, HOUR - 1, 403],
    ['is good for no longer', {}, HOUR, 401],
    ['is good for as long as was asked', { expirationSeconds: 600 }, 600_000, 401],
  ])('%s', async (_, spec, ms, code) => {
    const own = await newToken(spec);
    await clock.advance(ms);
    expect((await send('GET', '/api/v1/services', own)).code).toBe(code);
  });

  test('ends with its account, and does not come back with another of its name', async () => {
    api.delete('serviceaccounts', 'kube-system', 'agent');
    expect((await send('GET', '/api/v1/services', token)).code).toBe(401);
    api.create('serviceaccounts', { metadata: { name: 'agent', namespace: 'kube-system' } });
    expect((await send('GET', '/api/v1/services', token)).code).toBe(401);
  });

  test.each([
    ['for too short a time', 'POST', TOKEN, { spec: { expirationSeconds: 599 } }, 400],
    ['for an account that is not there', 'POST', TOKEN.replace('agent', 'nobody'), {}, 404],
    ['by reading', 'GET', TOKEN, undefined, 405],
    ['of something else', 'POST', `${CONFIGMAPS}/coredns/token`, {}, 404],
  ])('is not given out %s', async (_, method, path, body, code) => {
    expect((await send(method, path, '', body)).code).toBe(code);
  });
});
