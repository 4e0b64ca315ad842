import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../../src/kube/manifests/documents.ts';
import { type Manifest, readManifest } from '../../../src/kube/manifests/manifest.ts';
import { describeProblem } from '../../../src/kube/problem.ts';
import { TurnBudget } from '../../../src/kube/stream/turnBudget.ts';
import { FakeClock } from '../../fake/clock.ts';

const object = (kind: string, name: string, apiVersion = 'v1'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\n`;

describe('documents', () => {
  test.each<[string, string, [string, unknown][]]>([
    ['one', 'a: 1', [['document 1', { a: 1 }]]],
    [
      'several',
      'a: 1\n---\nb: 2\n',
      [
        ['document 1', { a: 1 }],
        ['document 2', { b: 2 }],
      ],
    ],
    [
      'a marker first',
      '---\na: 1\n--- # next\nb: 2',
      [
        ['document 1', { a: 1 }],
        ['document 2', { b: 2 }],
      ],
    ],
    [
      'comments first',
      '# mine\n\n---\na: 1\n---\nb: 2',
      [
        ['document 1', { a: 1 }],
        ['document 2', { b: 2 }],
      ],
    ],
    [
      'empty ones count',
      'a: 1\n---\n---\n# nothing\n---\nb: 2\n---\n',
      [
        ['document 1', { a: 1 }],
        ['document 4', { b: 2 }],
      ],
    ],
    [
      'a marker inside a text is none',
      'a: |\n  x\n  ---\n  y\n---x: 2\n',
      [['document 1', { a: 'x\n---\ny\n', '---x': 2 }]],
    ],
    [
      'Windows line ends',
      'a: 1\r\n---\r\nb: 2\r\n',
      [
        ['document 1', { a: 1 }],
        ['document 2', { b: 2 }],
      ],
    ],
    ['JSON', ' {"a": [1, true]}', [['document 1', { a: [1, true] }]]],
    [
      'JSON documents between markers',
      '{"a": 1}\n---\n{"b": 2}',
      [
        ['document 1', { a: 1 }],
        ['document 2', { b: 2 }],
      ],
    ],
    ['nothing', '', []],
    ['only comments', '# nothing\n', []],
    [
      'Lists',
      'kind: List\nitems: [{a: 1}, {kind: ServiceList, items: [{b: 2}]}]',
      [
        ['document 1, item 1', { a: 1 }],
        ['document 1, item 2, item 1', { b: 2 }],
      ],
    ],
    [
      'merge keys',
      'x: &x {a: 1}\ny:\n  <<: *x\n  b: 2',
      [['document 1', { x: { a: 1 }, y: { a: 1, b: 2 } }]],
    ],
    [
      'times and octal-looking numbers stay what Kubernetes reads',
      'a: 2026-01-01\nb: 010',
      [['document 1', { a: '2026-01-01', b: 10 }]],
    ],
  ])('%s', (_, text, wanted) => {
    expect([...readDocuments(text)].map(({ where, value }) => [where, value])).toEqual(wanted);
  });

  test.each([
    ['a: 1\n---\nb: [1\n', 'document 2, line 4: '],
    ['# c\n---\na: 1\n---\nb: 1\nb: 2\n', 'document 2, line 6: duplicated mapping key'],
    ['{"a": 1,}\n{"b": 2}', 'document 1, line 2: '],
    ['\u0000', 'document 1, line 1: null byte is not allowed in input'],
    ['a: !!js/function x', 'document 1, line 1: unknown scalar tag'],
    [
      '{"kind":"List","items":[{"kind":"List","items":[{"kind":"List","items":[{"kind":"List","items":[{}]}]}]}]}',
      'document 1, item 1, item 1, item 1: Lists within Lists',
    ],
  ])('%j says where it is broken', (text, wanted) => {
    expect(() => [...readDocuments(text)]).toThrow(wanted);
  });
});

const read = (text: string): Promise<Manifest> =>
  readManifest('a.yaml', text, new TurnBudget(new FakeClock()));

describe('a manifest', () => {
  test('holds the objects of our kinds and names the others', async () => {
    const text = [
      object('Service', 'web'),
      object('EndpointSlice', 'web-1', 'discovery.k8s.io/v1'),
      object('Deployment', 'web', 'apps/v1'),
      object('Service', 'fn', 'serving.knative.dev/v1'),
      object('Namespace', 'shop'),
    ].join('---\n');
    const { objects, otherKinds } = await read(text);
    expect(objects.map(({ id, where }) => `${where}: ${id}`)).toEqual([
      'document 1: Service shop/web',
      'document 2: EndpointSlice shop/web-1',
      'document 5: Namespace shop/shop',
    ]);
    expect(otherKinds).toEqual(['Deployment', 'Service']);
  });

  test('an Endpoints object is told as slices', async () => {
    const text = `${object('Endpoints', 'web')}subsets: [{addresses: [{ip: 10.0.0.1}, {ip: "fd00::1"}], ports: [{port: 80}]}]`;
    const [found] = (await read(text)).objects;
    expect(found).toMatchObject({
      id: 'Endpoints shop/web',
      records: [{ name: 'web:0:IPv4', fromEndpoints: true }, { name: 'web:0:IPv6' }],
    });
  });

  test('a field of a wrong shape costs that object alone', async () => {
    const text = `${object('Service', 'web')}spec: {ports: [{port: "80"}]}\n---\n${object('Service', 'api')}`;
    const { objects } = await read(text);
    expect(objects).toHaveLength(2);
    const [web] = objects;
    expect(web !== undefined && 'problem' in web && describeProblem(web.problem)).toBe(
      'Service shop/web: spec.ports[0].port: must be a number, not the text "80"',
    );
  });

  test.each([
    ['metadata: {name: web}', 'document 1: kind: is missing'],
    ['kind: Service\nmetadata: {name: web}', 'document 1: apiVersion: is missing'],
    ['apiVersion: v1\nkind: Service', 'document 1: metadata.name: is missing'],
    [
      'apiVersion: v1\nkind: Service\nmetadata: {name: [web]}',
      'document 1: metadata.name: must be text, not a list',
    ],
    ['apiVersion: v1\nkind: 7', 'document 1: kind: must be text, not 7'],
    ['just text', 'document 1: must be an object, not the text "just text"'],
    ['- a\n- b', 'document 1: must be an object, not a list'],
    ['apiVersion: v1\nkind: List\nitems: [{kind: Service}]', 'document 1, item 1: apiVersion: is missing'],
  ])('%j could be any object: the file is broken', async (text, wanted) => {
    await expect(read(text)).rejects.toThrow(wanted);
  });
});
