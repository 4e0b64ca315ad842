/** Objects as a server or a file could send them: each bad one costs itself, with one clear line. */
import { describe, expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import { describeProblem } from '../../src/kube/problem.ts';
import { projectObject } from '../../src/kube/project/project.ts';
import type { Kind } from '../../src/kube/records.ts';

const meta = { namespace: 'shop', name: 'bad' };
const GOOD: readonly (readonly [Kind, object])[] = [
  [
    'Service',
    {
      metadata: { namespace: 'shop', name: 'good' },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
    },
  ],
  [
    'EndpointSlice',
    {
      metadata: { namespace: 'shop', name: 'good-1', labels: { 'kubernetes.io/service-name': 'good' } },
      addressType: 'IPv4',
      ports: [{ port: 8080 }],
      endpoints: [{ addresses: ['10.0.0.1'] }],
    },
  ],
];

function load(objects: readonly (readonly [Kind, unknown])[]): Catalog {
  const catalog = new Catalog({ nodeName: 'n1' });
  for (const [kind, object] of objects) {
    const result = projectObject(kind, object);
    if ('problem' in result) catalog.unreadable(result.problem);
    else catalog.upsert(result.record);
  }
  catalog.synced('Service');
  catalog.synced('EndpointSlice');
  catalog.publish();
  return catalog;
}

const serviceWith = (spec: object): object => ({
  metadata: meta,
  spec: { clusterIP: '10.96.0.2', ports: [{ port: 80 }], ...spec },
});
const sliceWith = (fields: object, service = 'bad'): object => ({
  metadata: { ...meta, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: [{ port: 8080 }],
  endpoints: [{ addresses: ['10.0.0.2'] }],
  ...fields,
});
const long = 'a'.repeat(64);

describe('one bad object, one line, and the others go on', () => {
  test.each<[string, Kind, unknown, string]>([
    [
      'an invalid clusterIP',
      'Service',
      serviceWith({ clusterIP: '10.96.0.256' }),
      'Service shop/bad: spec.clusterIPs[0]: "10.96.0.256" is not an IP address',
    ],
    [
      'port 0',
      'Service',
      serviceWith({ ports: [{ port: 0 }] }),
      'Service shop/bad: spec.ports[0].port: 0 is not a port (1-65535)',
    ],
    [
      'no port number',
      'Service',
      serviceWith({ ports: [{ name: 'http' }] }),
      'Service shop/bad: spec.ports[0].port: 0 is not a port (1-65535)',
    ],
    [
      'a port as text',
      'Service',
      serviceWith({ ports: [{ port: '80' }] }),
      'Service shop/bad: spec.ports[0].port: must be a number, not the text "80"',
    ],
    [
      'the clusterIP of another Service',
      'Service',
      { ...serviceWith({ clusterIP: '10.96.0.1' }), metadata: { ...meta, name: 'late' } },
      'Service shop/late: spec.clusterIPs: 10.96.0.1 is in use by Service shop/good',
    ],
    [
      'a name longer than DNS allows',
      'Service',
      { ...serviceWith({}), metadata: { ...meta, name: long } },
      `Service shop/${long}: metadata.name: "${long}" is longer than 63 characters`,
    ],
    [
      'a name that is an attack',
      'Service',
      { ...serviceWith({}), metadata: { ...meta, name: 'x"\n-A INPUT' } },
      'Service shop/x"\n-A INPUT: metadata.name: "x\\"\\n-A INPUT" is not a DNS label',
    ],
    [
      'an external name that is none',
      'Service',
      serviceWith({ type: 'ExternalName', externalName: 'a b' }),
      'Service shop/bad: spec.externalName: "a b" is not a DNS name',
    ],
    [
      'no spec that is an object',
      'Service',
      { metadata: meta, spec: 'x' },
      'Service shop/bad: spec: must be an object, not the text "x"',
    ],
    ['no object at all', 'Service', 5, 'Service (unnamed): must be an object, not 5'],
    [
      'a slice of type FQDN',
      'EndpointSlice',
      sliceWith({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] }),
      'EndpointSlice shop/bad: addressType: "FQDN" is not IPv4 or IPv6',
    ],
    [
      'a slice of no Service',
      'EndpointSlice',
      sliceWith({}, ''),
      'EndpointSlice shop/bad: metadata.labels[kubernetes.io/service-name]: is missing: the slice belongs to no Service',
    ],
    [
      'a slice without ports',
      'EndpointSlice',
      sliceWith({ ports: [] }, 'good'),
      'Service shop/good: EndpointSlice bad has no ports: its 1 endpoints cannot be used',
    ],
    [
      'an endpoint without an address',
      'EndpointSlice',
      sliceWith({ endpoints: [{ addresses: [] }] }, 'good'),
      'EndpointSlice shop/bad: endpoints[0].addresses[0]: "" is not an IP address',
    ],
    [
      'endpoints as text',
      'EndpointSlice',
      sliceWith({ endpoints: 'all' }, 'good'),
      'EndpointSlice shop/bad: endpoints: must be a list, not the text "all"',
    ],
    [
      'a Node with a bad pod CIDR',
      'Node',
      { metadata: { name: 'n1' }, spec: { podCIDR: '10.0.0.0/40' } },
      'Node n1: spec.podCIDRs[0]: "10.0.0.0/40" is not a CIDR',
    ],
  ])('%s', (_, kind, object, line) => {
    const catalog = load([...GOOD, [kind, object]]);
    expect([...catalog.picture.problems.values()].flat().map(describeProblem)).toEqual([line]);
    const good = catalog.picture.services.get('shop/good');
    expect(good?.service).toMatchObject({ clusterIPs: ['10.96.0.1'], routed: true, ports: [{ port: 80 }] });
    expect(
      good?.groups.some((group) => group.ports.length === 1 && group.endpoints[0]?.address === '10.0.0.1'),
    ).toBe(true);
  });
});

test('an object far larger than usual is used whole', () => {
  const endpoints = Array.from({ length: 20_000 }, (_, i) => ({ addresses: [`10.1.${i >> 8}.${i & 255}`] }));
  const catalog = load([...GOOD, ['EndpointSlice', sliceWith({ endpoints }, 'good')]]);
  expect(catalog.picture.services.get('shop/good')?.groups.map((group) => group.endpoints.length)).toEqual([
    20_000, 1,
  ]);
  expect(catalog.picture.problems.size).toBe(0);
});

test('a problem found in a file says where', () => {
  const catalog = new Catalog({ nodeName: 'n1' });
  const result = projectObject('Service', serviceWith({ type: 'Odd' }));
  if ('problem' in result) throw new Error(describeProblem(result.problem));
  catalog.upsert(result.record, 'services.yaml, document 2');
  catalog.publish();
  expect([...catalog.picture.problems.values()].flat().map(describeProblem)).toEqual([
    'services.yaml, document 2: Service shop/bad: spec.type: "Odd" is not a type of Service',
  ]);
});
