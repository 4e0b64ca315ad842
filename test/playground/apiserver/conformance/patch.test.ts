import { expect, test } from 'vitest';
import {
  type Json,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../../src/playground/apiserver/objects/json.ts';
import { failureOf, onEveryServer } from './cluster.ts';
import type { Reply } from './http.ts';

const PORTS = [
  { name: 'http', port: 80 },
  { name: 'metrics', port: 9090 },
];

onEveryServer((cluster) => {
  const specOf = (reply: Reply): JsonObject => objectAt(reply.body, 'spec');
  const portsOf = (reply: Reply): string[] =>
    listAt(specOf(reply), 'ports').map(
      (port) => `${textAt(port, 'name')} ${textAt(port, 'targetPort') || numberAt(port, 'targetPort')}`,
    );

  test.each<[title: string, type: 'json' | 'merge' | 'strategic-merge', patch: Json, ports: string[]]>([
    ['merge: a list is replaced whole', 'merge', { spec: { ports: [{ name: 'x', port: 80 }] } }, ['x 80']],
    [
      'strategic: an item is found by its port',
      'strategic-merge',
      { spec: { ports: [{ port: 80, targetPort: 8080 }] } },
      ['http 8080', 'metrics 9090'],
    ],
    [
      'strategic: a new item is added',
      'strategic-merge',
      { spec: { ports: [{ name: 'x', port: 1 }] } },
      ['x 1', 'http 80', 'metrics 9090'],
    ],
    [
      'strategic: an item is deleted',
      'strategic-merge',
      { spec: { ports: [{ port: 80, $patch: 'delete' }] } },
      ['metrics 9090'],
    ],
    [
      'strategic: the list is replaced',
      'strategic-merge',
      { spec: { ports: [{ port: 7, name: 'x' }, { $patch: 'replace' }] } },
      ['x 7'],
    ],
    [
      'strategic: the order is given',
      'strategic-merge',
      {
        spec: {
          '$setElementOrder/ports': [{ port: 9090 }, { port: 80 }],
          ports: [{ port: 80, name: 'web' }],
        },
      },
      ['metrics 9090', 'web 80'],
    ],
    [
      'json: by place',
      'json',
      [{ op: 'replace', path: '/spec/ports/1/targetPort', value: 'm' }],
      ['http 80', 'metrics m'],
    ],
    [
      'json: added at a place',
      'json',
      [{ op: 'add', path: '/spec/ports/0', value: { name: 'x', port: 1 } }],
      ['x 1', 'http 80', 'metrics 9090'],
    ],
    [
      'json: added at the end',
      'json',
      [{ op: 'add', path: '/spec/ports/-', value: { name: 'x', port: 1 } }],
      ['http 80', 'metrics 9090', 'x 1'],
    ],
    ['json: taken away', 'json', [{ op: 'remove', path: '/spec/ports/0' }], ['metrics 9090']],
    [
      'json: tested, then changed',
      'json',
      [
        { op: 'test', path: '/spec/ports/0/name', value: 'http' },
        { op: 'remove', path: '/spec/ports/0' },
      ],
      ['metrics 9090'],
    ],
  ])('%s', async (_title, type, patch, expected) => {
    await cluster.created('web', { ports: PORTS });
    const reply = await cluster.patch('web', type, patch);
    expect(reply.code).toBe(200);
    expect(portsOf(reply).sort()).toEqual(expected.toSorted());
    if (type === 'json' || listAt(patch, 'spec', '$setElementOrder/ports').length > 0)
      expect(portsOf(reply)).toEqual(expected);
  });

  test.each<[title: string, type: 'json' | 'merge' | 'strategic-merge', patch: Json, code: number]>([
    ['json: a test that fails', 'json', [{ op: 'test', path: '/spec/type', value: 'NodePort' }], 422],
    ['json: a place that is not there', 'json', [{ op: 'remove', path: '/spec/nothing' }], 422],
    ['json: no list', 'json', { op: 'remove' }, 400],
    ['merge: no JSON', 'merge', '{', 400],
    [
      'strategic: a resourceVersion of the past',
      'strategic-merge',
      { metadata: { resourceVersion: '1' } },
      409,
    ],
    ['merge: a value of the wrong kind', 'merge', { spec: { ports: 'all' } }, 422],
    ['merge: something invalid', 'merge', { spec: { sessionAffinity: 'Always' } }, 422],
  ])('refused: %s', async (_title, type, patch, code) => {
    const before = await cluster.created('web', { ports: PORTS });
    const reply = await cluster.patch('web', type, patch);
    expect([reply.code, reply.body['code']]).toEqual([code, code]);
    expect(await cluster.get('web')).toEqual(before);
  });

  test('strategic: labels and finalizers merge', async () => {
    await cluster.created('web', { ports: PORTS }, { labels: { a: '1', b: '2' }, finalizers: ['x.io/a'] });
    const patch = { metadata: { labels: { a: null, c: '3' }, finalizers: ['x.io/b'] } };
    const reply = await cluster.patch('web', 'strategic-merge', patch);
    const { labels, finalizers } = objectAt(reply.body, 'metadata');
    expect([labels, textsAt({ finalizers }, 'finalizers').toSorted()]).toEqual([
      { b: '2', c: '3' },
      ['x.io/a', 'x.io/b'],
    ]);
    await cluster.merge('web', { metadata: { finalizers: null } });
  });

  test('fields that do not exist are dropped with a warning, or refused if the client is strict', async () => {
    const body = { metadata: { name: 'web' }, spec: { ports: PORTS, prots: 1 } };
    const strict = await cluster.call('POST', `${cluster.services()}?fieldValidation=Strict`, body);
    expect(failureOf(strict)).toEqual({ code: 400, reason: 'BadRequest' });
    expect(textAt(strict.body, 'message')).toContain('strict decoding error: unknown field "spec.prots"');
    const lax = await cluster.call('POST', cluster.services(), body);
    expect(lax.headers['warning']).toContain('unknown field \\"spec.prots\\"');
    expect(Object.keys(objectAt(lax.body, 'spec'))).not.toContain('prots');
  });

  const apply = (manager: string, config: JsonObject, force = false): Promise<Reply> =>
    cluster.call(
      'PATCH',
      `${cluster.services('web')}?fieldManager=${manager}&force=${String(force)}`,
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, ...config },
      { 'Content-Type': 'application/apply-patch+yaml' },
    );

  test('apply creates, adds and takes away what the manager says no more', async () => {
    expect((await apply('a', { spec: { ports: PORTS, selector: { app: 'x' } } })).code).toBe(201);
    const more = await apply('a', {
      spec: { ports: [...PORTS, { name: 'x', port: 1 }], selector: { app: 'x' } },
    });
    expect(portsOf(more).sort()).toEqual(['http 80', 'metrics 9090', 'x 1']);
    const less = await apply('a', { spec: { ports: PORTS.slice(1) } });
    expect(portsOf(less)).toEqual(['metrics 9090']);
    expect(Object.keys(specOf(less))).not.toContain('selector');
  });

  test('apply leaves alone what others have set', async () => {
    await apply('a', { spec: { ports: PORTS.slice(0, 1) } });
    await apply('b', { metadata: { name: 'web', labels: { owner: 'b' } } });
    const again = await apply('a', {
      metadata: { name: 'web', labels: { mine: 'yes' } },
      spec: { ports: PORTS.slice(0, 1) },
    });
    expect(objectAt(again.body, 'metadata')['labels']).toEqual({ owner: 'b', mine: 'yes' });
  });

  test('apply names who disagrees, and takes the field when forced', async () => {
    await apply('a', { spec: { ports: PORTS, sessionAffinity: 'None' } });
    const refused = await apply('b', { spec: { sessionAffinity: 'ClientIP' } });
    expect(failureOf(refused)).toEqual({ code: 409, reason: 'Conflict' });
    expect(textAt(refused.body, 'message')).toContain('conflict with "a"');
    expect(listAt(refused.body, 'details', 'causes')).toMatchObject([
      { reason: 'FieldManagerConflict', field: '.spec.sessionAffinity' },
    ]);
    expect((await apply('b', { spec: { sessionAffinity: 'ClientIP' } }, true)).code).toBe(200);
    expect((await apply('a', { spec: { ports: PORTS, sessionAffinity: 'None' } })).code).toBe(409);
  });

  test("what an update changed is its manager's", async () => {
    await apply('a', { spec: { ports: PORTS, sessionAffinity: 'None' } });
    await cluster.call(
      'PATCH',
      `${cluster.services('web')}?fieldManager=hand`,
      { spec: { sessionAffinity: 'ClientIP' } },
      { 'Content-Type': 'application/merge-patch+json' },
    );
    const refused = await apply('a', { spec: { ports: PORTS, sessionAffinity: 'None' } });
    expect(textAt(refused.body, 'message')).toContain('conflict with "hand"');
  });

  test('apply twice writes once', async () => {
    const config = { metadata: { name: 'web', labels: { a: 'b' } }, spec: { ports: PORTS } };
    const first = await apply('a', config);
    const second = await apply('a', config);
    expect(textAt(second.body, 'metadata', 'resourceVersion')).toBe(
      textAt(first.body, 'metadata', 'resourceVersion'),
    );
  });

  test('apply needs a name for its manager', async () => {
    const reply = await cluster.call(
      'PATCH',
      cluster.services('web'),
      { apiVersion: 'v1', kind: 'Service' },
      { 'Content-Type': 'application/apply-patch+yaml' },
    );
    expect(failureOf(reply)).toEqual({ code: 422, reason: 'Invalid' });
    expect(textAt(reply.body, 'message')).toContain(
      'fieldManager: Required value: is required for apply patch',
    );
  });
});
