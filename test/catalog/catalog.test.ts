import { describe, expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import type { ChangeSet } from '../../src/catalog/picture.ts';
import { describeProblem } from '../../src/kube/problem.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  podRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';

/** A catalog that has read these records, is synced, and has published. */
function loaded(...records: readonly ObjectRecord[]): Catalog {
  const catalog = new Catalog({ nodeName: 'n1' });
  for (const record of records) catalog.upsert(record);
  for (const kind of ['Namespace', 'Service', 'EndpointSlice', 'Node'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}

/** What a change set says, without the parts that say nothing. */
function told(changes: ChangeSet | undefined): object | undefined {
  if (changes === undefined) return undefined;
  const { services, namespaces, pods, problems, node, synced } = changes;
  const sets = Object.entries({ services, namespaces, pods, problems }).filter(([, set]) => set.size > 0);
  return {
    ...Object.fromEntries(sets.map(([name, set]) => [name, [...set].sort()])),
    ...(node ? { node } : {}),
    ...(synced ? { synced } : {}),
  };
}

const problemsOf = (catalog: Catalog): string[] =>
  [...catalog.picture.problems.values()].flat().map(describeProblem).sort();
const web = (fields = {}): ObjectRecord =>
  serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'], ...fields });
const slice = (...addresses: string[]): ObjectRecord =>
  sliceRecord('shop/web-a', { endpoints: addresses.map((address) => endpointRecord(address)) });
const ref = (record: ObjectRecord): Pick<ObjectRecord, 'kind' | 'namespace' | 'name'> => record;
const addressesOf = (catalog: Catalog, key = 'shop/web'): string[] =>
  (catalog.picture.services.get(key)?.groups ?? []).flatMap((group) => group.endpoints.map((e) => e.address));

describe('publication', () => {
  test('the picture changes only in publish', () => {
    const catalog = loaded();
    catalog.upsert(web());
    expect(catalog.picture.services.size).toBe(0);
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'] });
    expect(catalog.picture.services.get('shop/web')?.service.clusterIPs).toEqual(['10.96.0.1']);
    expect(catalog.publish()).toBeUndefined();
  });

  test('what was taken back before publication is not told', () => {
    const catalog = loaded(web(), slice('10.0.0.1'), namespaceRecord('shop'));
    catalog.upsert(serviceRecord('shop/new'));
    catalog.remove(ref(serviceRecord('shop/new')));
    catalog.remove(ref(web()));
    catalog.upsert(web());
    catalog.upsert(slice('10.0.0.1', '10.0.0.2'));
    catalog.upsert(slice('10.0.0.1'));
    catalog.remove(ref(namespaceRecord('shop')));
    catalog.upsert(namespaceRecord('shop'));
    expect(catalog.publish()).toBeUndefined();
  });

  test('an entry that was read stays as it was', () => {
    const catalog = loaded(web(), slice('10.0.0.1'));
    const before = catalog.picture.services.get('shop/web');
    catalog.upsert(slice('10.0.0.1', '10.0.0.2'));
    catalog.upsert(web({ affinitySeconds: 60 }));
    catalog.publish();
    expect(before?.groups[0]?.endpoints).toHaveLength(1);
    expect(before?.service.affinitySeconds).toBe(0);
  });

  test('what did not change keeps its identity', () => {
    const catalog = loaded(web(), slice('10.0.0.1'), sliceRecord('shop/web-b'));
    const before = catalog.picture.services.get('shop/web');
    catalog.upsert(slice('10.0.0.2'));
    catalog.publish();
    const after = catalog.picture.services.get('shop/web');
    expect(after?.service).toBe(before?.service);
    expect(after?.groups[1]).toBe(before?.groups[1]);
    expect(after?.groups[0]).not.toBe(before?.groups[0]);
  });

  test('is asked for once, until it happens', () => {
    let asked = 0;
    const catalog = new Catalog({ nodeName: 'n1', onPending: () => asked++ });
    catalog.upsert(web());
    catalog.upsert(slice());
    expect(asked).toBe(1);
    catalog.publish();
    catalog.remove(ref(web()));
    expect(asked).toBe(2);
  });

  test('is synced once Services and EndpointSlices have been read', () => {
    const catalog = new Catalog({ nodeName: 'n1' });
    catalog.synced('Namespace');
    catalog.synced('Service');
    expect(catalog.publish()).toBeUndefined();
    catalog.synced('EndpointSlice');
    expect(catalog.picture.synced).toBe(false);
    expect(told(catalog.publish())).toEqual({ synced: true });
    expect(catalog.picture.synced).toBe(true);
    catalog.synced('EndpointSlice');
    expect(catalog.publish()).toBeUndefined();
  });
});

describe('Services come, change and go', () => {
  // The ports of each that a proxy would route, as kube-proxy's TestBuildServiceMapAddRemove counts them.
  const routedPorts = (catalog: Catalog): number =>
    [...catalog.picture.services.values()].reduce(
      (n, { service }) => n + (service.routed ? service.ports.length : 0),
      0,
    );
  const ports = (...numbers: number[]): object => ({
    ports: numbers.map((port) => portRecord({ name: `p${port}`, port })),
  });

  test('added and removed', () => {
    const services = [
      serviceRecord('somewhere/cluster-ip', { clusterIPs: ['172.30.55.4'], ...ports(1234, 1235) }),
      serviceRecord('somewhere/node-port', {
        type: 'NodePort',
        clusterIPs: ['172.30.55.10'],
        ...ports(345, 344),
      }),
      serviceRecord('somewhere/load-balancer', {
        type: 'LoadBalancer',
        clusterIPs: ['172.30.55.11'],
        ...ports(8675, 8676, 8677),
      }),
      serviceRecord('somewhere/only-local', {
        type: 'LoadBalancer',
        clusterIPs: ['172.30.55.12'],
        externalTrafficLocal: true,
        healthCheckNodePort: 345,
        ...ports(1, 2, 3),
      }),
    ];
    const catalog = loaded(...services);
    expect(routedPorts(catalog)).toBe(10);
    catalog.upsert(serviceRecord('somewhere/cluster-ip', { clusterIPs: ['172.30.55.4'], ...ports(1235) }));
    for (const service of services.slice(1)) catalog.remove(ref(service));
    expect(told(catalog.publish())).toEqual({
      services: [
        'somewhere/cluster-ip',
        'somewhere/load-balancer',
        'somewhere/node-port',
        'somewhere/only-local',
      ],
    });
    expect(routedPorts(catalog)).toBe(1);
  });

  test('headless and ExternalName are not routed, and stay for their names', () => {
    const catalog = loaded(
      serviceRecord('shop/headless', { clusterIPs: ['None'], ports: [] }),
      serviceRecord('shop/elsewhere', {
        type: 'ExternalName',
        externalName: 'foo2.bar.com',
        clusterIPs: ['172.30.55.4'],
      }),
    );
    expect(routedPorts(catalog)).toBe(0);
    expect([...catalog.picture.services.keys()]).toEqual(['shop/headless', 'shop/elsewhere']);
  });

  test('from ClusterIP to LoadBalancer and back', () => {
    const plain = web();
    const local = web({
      type: 'LoadBalancer',
      externalTrafficLocal: true,
      healthCheckNodePort: 345,
      ingress: [{ ip: '10.1.2.3', ipMode: '' }],
    });
    const catalog = loaded(plain);
    const service = (): object | undefined => catalog.picture.services.get('shop/web')?.service;
    catalog.upsert(local);
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'] });
    expect(service()).toMatchObject({
      healthCheckNodePort: 345,
      externalTrafficLocal: true,
      loadBalancerVIPs: ['10.1.2.3'],
    });
    catalog.upsert(local);
    expect(catalog.publish()).toBeUndefined();
    expect(service()).toMatchObject({ healthCheckNodePort: 345 });
    catalog.upsert(plain);
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'] });
    expect(service()).toMatchObject({ healthCheckNodePort: 0, externalTrafficLocal: false });
  });

  test('from ClusterIP to ExternalName and back: its address is free meanwhile', () => {
    const catalog = loaded(web(), serviceRecord('shop/zed', { clusterIPs: ['10.96.0.1'] }));
    const routed = (key: string): boolean | undefined => catalog.picture.services.get(key)?.service.routed;
    catalog.upsert(web({ type: 'ExternalName', externalName: 'example.com' }));
    expect(told(catalog.publish())).toEqual({
      services: ['shop/web', 'shop/zed'],
      problems: ['Service shop/zed'],
    });
    expect([routed('shop/web'), routed('shop/zed')]).toEqual([false, true]);
    catalog.upsert(web());
    catalog.publish();
    expect([routed('shop/web'), routed('shop/zed')]).toEqual([false, true]);
  });
});

describe('endpoints come, change and go', () => {
  const http = { name: 'http', protocol: 'TCP', port: 80 };
  const group = (
    name: string,
    addresses: readonly string[],
    ports: readonly object[] = [http],
    nodeName = '',
  ): ObjectRecord =>
    sliceRecord(`shop/${name}`, {
      serviceName: 'web',
      ports: ports.map((port) => ({ ...http, ...port })),
      endpoints: addresses.map((address) => endpointRecord(address, { nodeName })),
    });
  const gone = (record: ObjectRecord) => ({ gone: record });

  /** The cases of kube-proxy's TestUpdateEndpointsMap: slices before, what is told, `address:port` after, changed. */
  test.each<[string, ObjectRecord[], (ObjectRecord | { gone: ObjectRecord })[], string, boolean]>([
    ['nothing', [], [], '', false],
    [
      'no change, unnamed port',
      [group('a', ['1.1.1.1'], [{ name: '' }])],
      [group('a', ['1.1.1.1'], [{ name: '' }])],
      '1.1.1.1:80',
      false,
    ],
    [
      'no change, local',
      [group('a', ['1.1.1.1'], [http], 'n1')],
      [group('a', ['1.1.1.1'], [http], 'n1')],
      '1.1.1.1:80',
      false,
    ],
    [
      'no change, several slices',
      [group('a', ['1.1.1.1']), group('b', ['1.1.1.2'])],
      [group('b', ['1.1.1.2']), group('a', ['1.1.1.1'])],
      '1.1.1.1:80 1.1.1.2:80',
      false,
    ],
    [
      'no change, several ports',
      [group('a', ['1.1.1.1'], [{ port: 1 }, { name: 'q', port: 2 }])],
      [group('a', ['1.1.1.1'], [{ port: 1 }, { name: 'q', port: 2 }])],
      '1.1.1.1:1 1.1.1.1:2',
      false,
    ],
    [
      'no change, written again in another order',
      [group('a', ['1.1.1.1', '1.1.1.2'])],
      [group('a', ['1.1.1.2', '1.1.1.1'])],
      '1.1.1.1:80 1.1.1.2:80',
      false,
    ],
    ['add a slice', [], [group('a', ['1.1.1.1'])], '1.1.1.1:80', true],
    ['remove a slice', [group('a', ['1.1.1.1'])], [gone(group('a', []))], '', true],
    [
      'add an address',
      [group('a', ['1.1.1.1'])],
      [group('a', ['1.1.1.1', '1.1.1.2'])],
      '1.1.1.1:80 1.1.1.2:80',
      true,
    ],
    [
      'add a port',
      [group('a', ['1.1.1.1'])],
      [group('a', ['1.1.1.1'], [{}, { name: 'q', port: 81 }])],
      '1.1.1.1:80 1.1.1.1:81',
      true,
    ],
    [
      'remove an address',
      [group('a', ['1.1.1.1', '1.1.1.2'])],
      [group('a', ['1.1.1.1'])],
      '1.1.1.1:80',
      true,
    ],
    [
      'add a second slice',
      [group('a', ['1.1.1.1'])],
      [group('b', ['1.1.1.2'])],
      '1.1.1.1:80 1.1.1.2:80',
      true,
    ],
    [
      'remove one of two slices',
      [group('a', ['1.1.1.1']), group('b', ['1.1.1.2'])],
      [gone(group('b', []))],
      '1.1.1.1:80',
      true,
    ],
    [
      'rename a port',
      [group('a', ['1.1.1.1'])],
      [group('a', ['1.1.1.1'], [{ name: 'http2' }])],
      '1.1.1.1:80',
      true,
    ],
    [
      'renumber a port',
      [group('a', ['1.1.1.1'])],
      [group('a', ['1.1.1.1'], [{ port: 81 }])],
      '1.1.1.1:81',
      true,
    ],
    [
      'move to this node',
      [group('a', ['1.1.1.1'])],
      [group('a', ['1.1.1.1'], [http], 'n1')],
      '1.1.1.1:80',
      true,
    ],
    ['from none to one', [group('a', [])], [group('a', ['1.1.1.1'])], '1.1.1.1:80', true],
    [
      'complex',
      [group('a', ['1.1.1.1']), group('b', ['2.2.2.2', '2.2.2.22']), group('c', ['3.3.3.3'])],
      [gone(group('a', [])), group('b', ['2.2.2.2']), group('d', ['4.4.4.4'])],
      '2.2.2.2:80 3.3.3.3:80 4.4.4.4:80',
      true,
    ],
  ])('%s', (_, before, events, after, changed) => {
    const catalog = loaded(web(), ...before);
    for (const event of events) {
      if ('gone' in event) catalog.remove(ref(event.gone));
      else catalog.upsert(event);
    }
    expect(told(catalog.publish())).toEqual(changed ? { services: ['shop/web'] } : undefined);
    const groups = catalog.picture.services.get('shop/web')?.groups ?? [];
    expect(
      groups
        .flatMap((g) => g.endpoints.flatMap((e) => g.ports.map((p) => `${e.address}:${p.port}`)))
        .join(' '),
    ).toBe(after);
  });

  test('a slice that was only written again changes nothing', () => {
    const catalog = loaded(web(), slice('10.0.0.1'));
    catalog.upsert({ ...sliceRecord('shop/web-a'), endpoints: [endpointRecord('10.0.0.1')], triggeredAt: 5 });
    expect(catalog.publish()).toBeUndefined();
  });

  test('slices may come before their Service, and stay after it', () => {
    const catalog = loaded(slice('10.0.0.1'));
    expect(catalog.picture.services.size).toBe(0);
    catalog.upsert(web());
    catalog.publish();
    expect(addressesOf(catalog)).toEqual(['10.0.0.1']);
    catalog.remove(ref(web()));
    catalog.publish();
    catalog.upsert(web());
    catalog.publish();
    expect(addressesOf(catalog)).toEqual(['10.0.0.1']);
  });

  test('a slice that is given to another Service changes both', () => {
    const catalog = loaded(web(), serviceRecord('shop/api'), slice('10.0.0.1'));
    catalog.upsert(
      sliceRecord('shop/web-a', { serviceName: 'api', endpoints: [endpointRecord('10.0.0.1')] }),
    );
    expect(told(catalog.publish())).toEqual({ services: ['shop/api', 'shop/web'] });
    expect(addressesOf(catalog)).toEqual([]);
    expect(addressesOf(catalog, 'shop/api')).toEqual(['10.0.0.1']);
  });

  test('groups are in byte order of their slices’ names', () => {
    const catalog = loaded(web(), group('b', []), group('a-2', []), group('a-10', []));
    expect(catalog.picture.services.get('shop/web')?.groups.map((g) => g.name)).toEqual(['a-10', 'a-2', 'b']);
  });

  test('an Endpoints object counts only while its Service has no slice', () => {
    const old = sliceRecord('shop/web:0:IPv4', {
      serviceName: 'web',
      fromEndpoints: true,
      endpoints: [endpointRecord('10.0.0.9')],
    });
    const catalog = loaded(web(), old);
    expect(addressesOf(catalog)).toEqual(['10.0.0.9']);
    catalog.upsert(slice('10.0.0.1'));
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'] });
    expect(addressesOf(catalog)).toEqual(['10.0.0.1']);
    catalog.remove(ref(old));
    expect(catalog.publish()).toBeUndefined();
    catalog.upsert(old);
    catalog.remove(ref(slice()));
    catalog.publish();
    expect(addressesOf(catalog)).toEqual(['10.0.0.9']);
  });
});

describe('never worse than before', () => {
  test('an unusable version of a Service leaves the last usable one in force', () => {
    const catalog = loaded(web());
    catalog.upsert(web({ clusterIPs: ['10.96.0.999'] }));
    expect(told(catalog.publish())).toEqual({ problems: ['Service shop/web'] });
    expect(catalog.picture.services.get('shop/web')?.service.clusterIPs).toEqual(['10.96.0.1']);
    expect(problemsOf(catalog)).toEqual([
      'Service shop/web: spec.clusterIPs[0]: "10.96.0.999" is not an IP address; the last usable version stays in force',
    ]);
    catalog.upsert(web());
    expect(told(catalog.publish())).toEqual({ problems: ['Service shop/web'] });
    expect(problemsOf(catalog)).toEqual([]);
  });

  test('an unusable Service that was never usable is left out', () => {
    const catalog = loaded(web({ clusterIPs: ['x'] }));
    expect(catalog.picture.services.size).toBe(0);
    expect(problemsOf(catalog)).toEqual(['Service shop/web: spec.clusterIPs[0]: "x" is not an IP address']);
    catalog.remove(ref(web()));
    expect(told(catalog.publish())).toEqual({ problems: ['Service shop/web'] });
  });

  test('an unusable version after a deletion has nothing to keep', () => {
    const catalog = loaded(web());
    catalog.remove(ref(web()));
    catalog.upsert(web({ type: 'Odd' }));
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'], problems: ['Service shop/web'] });
    expect(problemsOf(catalog)).toEqual(['Service shop/web: spec.type: "Odd" is not a type of Service']);
  });

  test('an unusable version of a slice leaves the last usable one in force', () => {
    const catalog = loaded(web(), slice('10.0.0.1'));
    catalog.upsert(slice('x'));
    expect(told(catalog.publish())).toEqual({ problems: ['EndpointSlice shop/web-a'] });
    expect(addressesOf(catalog)).toEqual(['10.0.0.1']);
    expect(problemsOf(catalog)[0]).toContain('the last usable version stays in force');
  });

  test('an unusable version of a slice that was deleted has nothing to keep', () => {
    const catalog = loaded(web(), slice('10.0.0.1'));
    catalog.remove(ref(slice()));
    catalog.upsert(slice('x'));
    catalog.publish();
    expect(addressesOf(catalog)).toEqual([]);
    expect(problemsOf(catalog)[0]).not.toContain('stays in force');
  });

  test('a slice that loses its label is taken out of service', () => {
    const catalog = loaded(web(), slice('10.0.0.1'));
    catalog.upsert(sliceRecord('shop/web-a', { serviceName: '', endpoints: [endpointRecord('10.0.0.1')] }));
    expect(told(catalog.publish())).toEqual({
      services: ['shop/web'],
      problems: ['EndpointSlice shop/web-a'],
    });
    expect(addressesOf(catalog)).toEqual([]);
  });

  test('an unreadable version leaves what was told before, until the next readable one', () => {
    const catalog = loaded(web());
    const object = { kind: 'Service', namespace: 'shop', name: 'web' };
    catalog.unreadable({ object, field: 'spec.ports', message: 'must be a list, not 5' });
    expect(told(catalog.publish())).toEqual({ problems: ['Service shop/web'] });
    expect(problemsOf(catalog)).toEqual([
      'Service shop/web: spec.ports: must be a list, not 5; the last usable version stays in force',
    ]);
    catalog.upsert(web());
    expect(told(catalog.publish())).toEqual({ problems: ['Service shop/web'] });
    catalog.unreadable({
      object: { ...object, name: 'new' },
      field: 'spec',
      message: 'must be an object, not 1',
    });
    catalog.publish();
    expect(problemsOf(catalog)).toEqual(['Service shop/new: spec: must be an object, not 1']);
  });
});

describe('claimed twice', () => {
  const claimant = (key: string, fields = {}): ObjectRecord =>
    serviceRecord(key, { clusterIPs: ['10.96.0.1'], ...fields });
  const vips = (catalog: Catalog, key: string): readonly string[] | undefined =>
    catalog.picture.services.get(key)?.service.clusterIPs;

  test('a clusterIP stays with the Service that has it, and passes on when it is free', () => {
    const catalog = loaded(claimant('shop/b'));
    catalog.upsert(claimant('shop/a'));
    expect(told(catalog.publish())).toEqual({ services: ['shop/a'], problems: ['Service shop/a'] });
    expect(catalog.picture.services.get('shop/a')?.service).toMatchObject({ clusterIPs: [], routed: false });
    expect(vips(catalog, 'shop/b')).toEqual(['10.96.0.1']);
    expect(problemsOf(catalog)).toEqual([
      'Service shop/a: spec.clusterIPs: 10.96.0.1 is in use by Service shop/b',
    ]);
    catalog.remove(ref(claimant('shop/b')));
    expect(told(catalog.publish())).toEqual({ services: ['shop/a', 'shop/b'], problems: ['Service shop/a'] });
    expect(catalog.picture.services.get('shop/a')?.service).toMatchObject({
      clusterIPs: ['10.96.0.1'],
      routed: true,
    });
  });

  test('in one load the first in byte order has it, in whatever order they came', () => {
    const catalog = loaded(claimant('shop/c'), claimant('shop/b'), claimant('shop/Z'), claimant('shop/b2'));
    expect(vips(catalog, 'shop/b')).toEqual(['10.96.0.1']);
    expect(problemsOf(catalog)).toContain(
      'Service shop/c: spec.clusterIPs: 10.96.0.1 is in use by Service shop/b',
    );
    const slow = new Catalog({ nodeName: 'n1' });
    for (const key of ['shop/c', 'shop/b', 'shop/b2']) {
      slow.upsert(claimant(key));
      slow.publish();
    }
    expect(vips(slow, 'shop/b')).toEqual(['10.96.0.1']);
    expect(vips(slow, 'shop/c')).toEqual([]);
  });

  test('a replacement told before the deletion of the old one is no conflict', () => {
    const catalog = loaded(claimant('shop/old'));
    catalog.upsert(claimant('shop/new'));
    catalog.remove(ref(claimant('shop/old')));
    expect(told(catalog.publish())).toEqual({ services: ['shop/new', 'shop/old'] });
    expect(vips(catalog, 'shop/new')).toEqual(['10.96.0.1']);
  });

  test('the one that goes without keeps its other address', () => {
    const catalog = loaded(claimant('shop/a'), claimant('shop/b', { clusterIPs: ['10.96.0.1', 'fd00::1'] }));
    expect(catalog.picture.services.get('shop/b')?.service).toMatchObject({
      clusterIPs: ['fd00::1'],
      routed: true,
    });
  });

  test('one that goes without is removed with its problem', () => {
    const catalog = loaded(claimant('shop/a'), claimant('shop/b'));
    const before = catalog.picture.services.get('shop/b');
    catalog.upsert(sliceRecord('shop/b-1', { endpoints: [endpointRecord('10.0.0.1')] }));
    catalog.publish();
    expect(catalog.picture.services.get('shop/b')?.service).toBe(before?.service);
    catalog.remove(ref(claimant('shop/b')));
    expect(told(catalog.publish())).toEqual({ services: ['shop/b'], problems: ['Service shop/b'] });
    expect(problemsOf(catalog)).toEqual([]);
  });

  test('an address in another spelling is the same address', () => {
    const catalog = loaded(claimant('shop/a'), claimant('shop/b', { clusterIPs: ['010.096.0.01'] }));
    expect(vips(catalog, 'shop/b')).toEqual([]);
  });

  test('a nodePort: the port itself goes on without it', () => {
    const nodePort = (key: string, ip: string, protocol = 'TCP'): ObjectRecord =>
      claimant(key, {
        type: 'NodePort',
        clusterIPs: [ip],
        ports: [portRecord({ protocol, nodePort: 30_000 })],
      });
    const catalog = loaded(
      nodePort('shop/a', '10.96.0.1'),
      nodePort('shop/b', '10.96.0.2'),
      nodePort('shop/c', '10.96.0.3', 'UDP'),
    );
    expect(problemsOf(catalog)).toEqual([
      'Service shop/b: spec.ports.nodePort: 30000/TCP is in use by Service shop/a',
    ]);
    expect(catalog.picture.services.get('shop/b')?.service).toMatchObject({
      routed: true,
      ports: [portRecord()],
    });
    expect(catalog.picture.services.get('shop/c')?.service.ports).toMatchObject([{ nodePort: 30_000 }]);
  });

  test('a health check port is a node port too', () => {
    const balanced = claimant('shop/b', {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.2'],
      externalTrafficLocal: true,
      healthCheckNodePort: 30_000,
    });
    const catalog = loaded(
      claimant('shop/a', { type: 'NodePort', ports: [portRecord({ nodePort: 30_000 })] }),
      balanced,
    );
    expect(problemsOf(catalog)).toEqual([
      'Service shop/b: spec.healthCheckNodePort: 30000/TCP is in use by Service shop/a',
    ]);
    expect(catalog.picture.services.get('shop/b')?.service.healthCheckNodePort).toBe(0);
  });
});

describe('slices without ports', () => {
  const portless = sliceRecord('shop/web-a', { ports: [], endpoints: [endpointRecord('10.0.0.1')] });

  test('cannot be routed to, and their Service says so', () => {
    const catalog = loaded(web(), portless);
    expect(problemsOf(catalog)).toEqual([
      'Service shop/web: EndpointSlice web-a has no ports: its 1 endpoints cannot be used',
    ]);
    catalog.upsert(slice('10.0.0.1'));
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'], problems: ['Service shop/web'] });
    expect(problemsOf(catalog)).toEqual([]);
  });

  test('are fine for a headless Service', () => {
    expect(problemsOf(loaded(web({ clusterIPs: ['None'] }), portless))).toEqual([]);
  });
});

describe('namespaces', () => {
  const names = (catalog: Catalog): string[] => [...catalog.picture.namespaces].sort();

  test('come and go; Services stay until they are deleted themselves', () => {
    const catalog = loaded(namespaceRecord('shop'), web());
    expect(names(catalog)).toEqual(['shop']);
    catalog.remove(ref(namespaceRecord('shop')));
    expect(told(catalog.publish())).toEqual({ namespaces: ['shop'] });
    expect(names(catalog)).toEqual([]);
    expect(catalog.picture.services.has('shop/web')).toBe(true);
    catalog.remove(ref(web()));
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'] });
  });

  test('until all have been read, those that Services live in exist', () => {
    const catalog = new Catalog({ nodeName: 'n1' });
    catalog.upsert(web());
    catalog.upsert(namespaceRecord('other'));
    expect(told(catalog.publish())).toEqual({ services: ['shop/web'], namespaces: ['other', 'shop'] });
    catalog.remove(ref(web()));
    catalog.publish();
    expect(names(catalog)).toEqual(['other']);
    catalog.upsert(web());
    catalog.publish();
    catalog.synced('Namespace');
    expect(told(catalog.publish())).toEqual({ namespaces: ['shop'] });
    expect(names(catalog)).toEqual(['other']);
  });

  test('one with an impossible name is left out', () => {
    const catalog = loaded(namespaceRecord('a.b'));
    expect(names(catalog)).toEqual([]);
    expect(problemsOf(catalog)).toEqual(['Namespace a.b: metadata.name: "a.b" is not a DNS label']);
  });
});

describe('this node', () => {
  test('is the one of that name, canonical', () => {
    const catalog = loaded(
      nodeRecord('n2', { addresses: ['192.168.0.3'] }),
      nodeRecord('n1', {
        addresses: ['192.168.0.02', 'x'],
        podCIDRs: ['10.1.0.5/24', '10.2.0.0/99'],
        zone: 'a',
      }),
    );
    expect(catalog.picture.node).toEqual({
      name: 'n1',
      addresses: ['192.168.0.2'],
      podCIDRs: ['10.1.0.0/24'],
      zone: 'a',
      leaving: false,
    });
    expect(problemsOf(catalog)).toEqual([
      'Node n1: spec.podCIDRs[1]: "10.2.0.0/99" is not a CIDR',
      'Node n1: status.addresses[1]: "x" is not an IP address',
    ]);
    catalog.remove(ref(nodeRecord('n2')));
    expect(catalog.publish()).toBeUndefined();
  });

  test('is told when it differs', () => {
    const catalog = loaded(nodeRecord('n1', { zone: 'a' }));
    catalog.upsert(nodeRecord('n1', { zone: 'b' }));
    expect(told(catalog.publish())).toEqual({ node: true });
    catalog.upsert(nodeRecord('n1', { zone: 'b' }));
    expect(catalog.publish()).toBeUndefined();
    catalog.remove(ref(nodeRecord('n1')));
    expect(told(catalog.publish())).toEqual({ node: true });
    expect(catalog.picture.node).toBeUndefined();
  });
});

describe('pods', () => {
  const pod = (name: string, ips: string[], fields = {}): ObjectRecord =>
    podRecord(`shop/${name}`, { ips, ...fields });

  test('are found by each of their addresses while they run', () => {
    const catalog = loaded(
      pod('a', ['10.0.0.01', 'FD00::1']),
      pod('host', ['192.168.0.2'], { hostNetwork: true }),
      pod('job', ['10.0.0.7'], { ended: true }),
    );
    expect([...catalog.picture.pods]).toEqual([
      ['10.0.0.1', { namespace: 'shop', name: 'a', clusterSearch: true }],
      ['fd00::1', { namespace: 'shop', name: 'a', clusterSearch: true }],
    ]);
    catalog.upsert(pod('a', ['10.0.0.2', 'fd00::1']));
    expect(told(catalog.publish())).toEqual({ pods: ['10.0.0.1', '10.0.0.2'] });
    catalog.upsert(pod('a', ['10.0.0.2', 'fd00::1'], { ended: true }));
    expect(told(catalog.publish())).toEqual({ pods: ['10.0.0.2', 'fd00::1'] });
    expect(catalog.picture.pods.size).toBe(0);
  });

  test('an address that is used again before its pod is gone', () => {
    const catalog = loaded(pod('a', ['10.0.0.1']));
    catalog.upsert(pod('b', ['10.0.0.1']));
    // Whose search list it is cannot be told meanwhile.
    expect(told(catalog.publish())).toEqual({ pods: ['10.0.0.1'] });
    const entry = { namespace: 'shop', name: 'a', clusterSearch: false };
    expect(catalog.picture.pods.get('10.0.0.1')).toEqual(entry);
    catalog.remove(ref(pod('a', [])));
    expect(told(catalog.publish())).toEqual({ pods: ['10.0.0.1'] });
    expect(catalog.picture.pods.get('10.0.0.1')).toEqual({
      namespace: 'shop',
      name: 'b',
      clusterSearch: true,
    });
  });
});
