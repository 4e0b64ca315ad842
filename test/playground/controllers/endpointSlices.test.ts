import { beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import {
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../src/playground/apiserver/objects/json.ts';
import type { KubeObject } from '../../../src/playground/apiserver/objects/object.ts';
import { EndpointSliceController } from '../../../src/playground/controllers/endpointSlices.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

let clock: FakeClock;
let log: FakeLog;
let api: ApiServer;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  api = new ApiServer({ clock });
  new EndpointSliceController(api, { clock, log, batchMs: 10 }).start();
});

const settle = (): Promise<void> => clock.advance(100);
const PORTS = [{ port: 80, targetPort: 8080 }];

function service(spec: JsonObject = {}, name = 'web', labels: JsonObject = {}): KubeObject {
  return api.create('services', {
    metadata: { name, labels },
    spec: { selector: { app: 'web' }, ports: PORTS, ...spec },
  });
}

interface PodShape {
  readonly ips?: readonly string[];
  readonly ready?: boolean;
  readonly spec?: JsonObject;
  readonly labels?: JsonObject;
  readonly phase?: string;
}

function pod(
  name: string,
  { ips = ['10.1.0.1'], ready = true, spec = {}, labels = { app: 'web' }, phase = 'Running' }: PodShape = {},
): void {
  api.create('pods', {
    metadata: { name, labels },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  });
  report(name, { ips, ready, phase });
}

function report(name: string, { ips = ['10.1.0.1'], ready = true, phase = 'Running' }: PodShape): void {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const status = { phase, podIP: ips[0], podIPs: ips.map((ip) => ({ ip })), conditions };
  api.patch('pods', 'default', name, { status }, { subresource: 'status' });
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const slices = (): readonly KubeObject[] => api.list('endpointslices').items;
const endpoints = (): JsonObject[] =>
  slices()
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .filter(isObject);
const addresses = (): string[] =>
  endpoints()
    .flatMap((one) => textsAt(one, 'addresses'))
    .sort();

test('a slice as the real controller makes it', async () => {
  api.create('nodes', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } });
  const owner = service(
    { ports: [{ name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' }] },
    'web',
    { team: 'shop' },
  );
  pod('a', { spec: { nodeName: 'n1' } });
  await settle();
  expect(slices()).toMatchObject([
    {
      addressType: 'IPv4',
      metadata: {
        generateName: 'web-',
        labels: {
          team: 'shop',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00.000Z' },
        ownerReferences: [{ kind: 'Service', name: 'web', uid: owner.metadata.uid, controller: true }],
      },
      ports: [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' }],
      endpoints: [
        {
          addresses: ['10.1.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: {
            kind: 'Pod',
            namespace: 'default',
            name: 'a',
            uid: api.get('pods', 'default', 'a').metadata.uid,
          },
          nodeName: 'n1',
          zone: 'z1',
        },
      ],
    },
  ]);
});

describe('conditions', () => {
  test.each<
    [title: string, spec: JsonObject, shape: PodShape, leaving: boolean, expected: string | undefined]
  >([
    ['ready', {}, {}, false, 'ready serving'],
    ['not ready', {}, { ready: false }, false, ''],
    ['not ready, but published', { publishNotReadyAddresses: true }, { ready: false }, false, 'ready'],
    ['leaving, still serving', {}, {}, true, 'serving terminating'],
    ['leaving, published', { publishNotReadyAddresses: true }, {}, true, 'ready serving terminating'],
    ['leaving, not ready', {}, { ready: false }, true, 'terminating'],
    ['ended well', {}, { phase: 'Succeeded' }, false, undefined],
    ['ended badly', {}, { phase: 'Failed' }, false, undefined],
    ['without an address', {}, { ips: [] }, false, undefined],
    ['of another app', {}, { labels: { app: 'db' } }, false, undefined],
  ])('a Pod that is %s', async (_title, spec, shape, leaving, expected) => {
    service(spec);
    pod('a', shape);
    if (leaving) {
      api.patch('pods', 'default', 'a', { metadata: { finalizers: ['test/wait'] } });
      api.delete('pods', 'default', 'a');
    }
    await settle();
    const [endpoint] = endpoints();
    const conditions = Object.entries(objectAt(endpoint, 'conditions')).filter(([, value]) => value === true);
    expect(endpoint && conditions.map(([key]) => key).join(' ')).toBe(expected);
  });
});

describe('ports', () => {
  const named = (number: number): JsonObject => ({
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [
          { name: 'http', containerPort: number },
          { name: 'dns', protocol: 'UDP', containerPort: 5353 },
        ],
      },
    ],
  });

  test('a name is looked up in each Pod: those that differ are in slices of their own', async () => {
    service({ ports: [{ port: 80, targetPort: 'http' }] });
    pod('a', { spec: named(8080) });
    pod('b', { ips: ['10.1.0.2'], spec: named(9090) });
    pod('c', { ips: ['10.1.0.3'], spec: named(8080) });
    await settle();
    const told = slices().map((slice) => {
      const members = listAt(slice, 'endpoints').map((one) => textAt(one, 'targetRef', 'name'));
      return [listAt(slice, 'ports').map((port) => objectAt(port)['port']), members];
    });
    expect(told.sort(byText)).toEqual([
      [[8080], ['a', 'c']],
      [[9090], ['b']],
    ]);
  });

  test.each<[title: string, port: JsonObject]>([
    ['that no container has', { port: 80, targetPort: 'grpc' }],
    ['of another protocol', { port: 53, targetPort: 'dns', protocol: 'TCP' }],
  ])('a name %s is left out', async (_title, port) => {
    service({ ports: [port] });
    pod('a', { spec: named(8080) });
    await settle();
    expect(slices()).toMatchObject([{ ports: [], endpoints: [{ addresses: ['10.1.0.1'] }] }]);
  });

  test('a sidecar has ports too, another init container has not', async () => {
    const init = (name: string, more: JsonObject): JsonObject => ({
      name,
      image: 'i',
      ports: [{ name, containerPort: 7000 }],
      ...more,
    });
    service({
      ports: [
        { name: 'x', port: 1, targetPort: 'mesh' },
        { name: 'y', port: 2, targetPort: 'setup' },
      ],
    });
    pod('a', { spec: { initContainers: [init('mesh', { restartPolicy: 'Always' }), init('setup', {})] } });
    await settle();
    expect(slices().map((slice) => slice['ports'])).toEqual([[{ name: 'x', protocol: 'TCP', port: 7000 }]]);
  });
});

test('each family has its slices', async () => {
  service({ ipFamilyPolicy: 'RequireDualStack' });
  pod('a', { ips: ['10.1.0.1', 'fd00:1::1'] });
  pod('b', { ips: ['10.1.0.2'] });
  await settle();
  const told = slices().map((slice) => [
    textAt(slice, 'addressType'),
    listAt(slice, 'endpoints').flatMap((one) => textsAt(one, 'addresses')),
  ]);
  expect(told.sort(byText)).toEqual([
    ['IPv4', ['10.1.0.1', '10.1.0.2']],
    ['IPv6', ['fd00:1::1']],
  ]);
});

test('a headless Service says so, and names the Pods of its subdomain', async () => {
  service({ clusterIP: 'None' }, 'db');
  pod('a', { spec: { hostname: 'db-0', subdomain: 'db' } });
  pod('b', { ips: ['10.1.0.2'], spec: { hostname: 'x', subdomain: 'other' } });
  await settle();
  expect(slices()).toMatchObject([{ metadata: { labels: { 'service.kubernetes.io/headless': '' } } }]);
  expect(endpoints().map((one) => one['hostname'])).toEqual(['db-0', undefined]);
});

test.each<[title: string, spec: JsonObject]>([
  ['without a selector', { selector: null }],
  ['of type ExternalName', { type: 'ExternalName', externalName: 'example.com', ports: null }],
])('a Service %s is left alone', async (_title, spec) => {
  service(spec);
  pod('a');
  await settle();
  expect(slices()).toEqual([]);
});

describe('changes', () => {
  test('scaled to nothing and back it is the same slice all the time', async () => {
    service();
    pod('a');
    await settle();
    const [before] = slices();
    api.delete('pods', 'default', 'a');
    await settle();
    expect(slices()).toMatchObject([{ metadata: { uid: before?.metadata.uid }, ports: [], endpoints: [] }]);
    pod('b', { ips: ['10.1.0.2'] });
    await settle();
    expect(slices()).toMatchObject([
      { metadata: { uid: before?.metadata.uid }, endpoints: [{ addresses: ['10.1.0.2'] }] },
    ]);
  });

  test('a change that does not concern the endpoints writes nothing', async () => {
    service();
    pod('a');
    await settle();
    const version = slices()[0]?.metadata.resourceVersion;
    api.patch('pods', 'default', 'a', { metadata: { annotations: { note: 'x' } } });
    await settle();
    expect(slices()[0]?.metadata.resourceVersion).toBe(version);
  });

  test('a Pod that loses the label leaves, one that gains it comes', async () => {
    service();
    pod('a');
    pod('b', { ips: ['10.1.0.2'], labels: {} });
    await settle();
    api.patch('pods', 'default', 'a', { metadata: { labels: { app: 'old' } } });
    api.patch('pods', 'default', 'b', { metadata: { labels: { app: 'web' } } });
    await settle();
    expect(addresses()).toEqual(['10.1.0.2']);
  });

  test('a slice that somebody deletes comes back', async () => {
    service();
    pod('a');
    await settle();
    api.delete('endpointslices', 'default', slices()[0]?.metadata.name ?? '');
    await settle();
    expect(addresses()).toEqual(['10.1.0.1']);
  });

  test('a slice that somebody else made is not touched', async () => {
    service();
    const foreign = {
      metadata: { name: 'mine', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.9.9.9'] }],
      ports: [],
    };
    api.create('endpointslices', foreign);
    await settle();
    expect(addresses()).toEqual(['10.9.9.9']);
  });

  test('with its Service a slice goes', async () => {
    service();
    pod('a');
    await settle();
    api.delete('services', 'default', 'web');
    await settle();
    expect(slices()).toEqual([]);
  });

  test('a hundred endpoints fill a slice; those that stay do not move', async () => {
    service();
    for (let i = 0; i < 250; i++) pod(`p-${i}`, { ips: [`10.1.${i >> 8}.${i & 255}`] });
    await settle();
    const sizes = (): number[] =>
      slices()
        .map((slice) => listAt(slice, 'endpoints').length)
        .sort((a, b) => a - b);
    expect(sizes()).toEqual([50, 100, 100]);
    const versions = new Map(slices().map((slice) => [slice.metadata.uid, slice.metadata.resourceVersion]));
    api.delete('pods', 'default', 'p-7');
    await settle();
    expect(sizes()).toEqual([50, 99, 100]);
    expect(
      slices().filter((slice) => versions.get(slice.metadata.uid) !== slice.metadata.resourceVersion),
    ).toHaveLength(1);
    pod('new', { ips: ['10.2.0.1'] });
    await settle();
    expect(addresses()).toHaveLength(250);
    expect(slices()).toHaveLength(3);
  });
});

test('a Pod whose address no slice may hold is told, and the other Services have theirs', async () => {
  service({ selector: { app: 'odd' } }, 'odd');
  service();
  pod('bad', { ips: ['127.0.0.1'], labels: { app: 'odd' } });
  pod('good', { ips: ['10.1.0.9'] });
  await settle();
  expect(addresses()).toEqual(['10.1.0.9']);
  expect(log.messages('warn')).toEqual([expect.stringContaining('may not be in the loopback range')]);
});
