import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectEndpointsObject, projectObject } from '../../../src/kube/project/project.ts';
import { describeProblem } from '../../../src/kube/problem.ts';
import type { Kind } from '../../../src/kube/records.ts';

const KINDS: readonly Kind[] = ['Service', 'EndpointSlice', 'Node', 'Namespace', 'Pod'];

function recordOf(kind: Kind, object: unknown): unknown {
  const result = projectObject(kind, object);
  if ('problem' in result) throw new Error(describeProblem(result.problem));
  return result.record;
}

const meta = { namespace: 'shop', name: 'web' };

describe('a Service', () => {
  test('with every field that we keep', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        ...meta,
        uid: 'x',
        labels: { 'service.kubernetes.io/service-proxy-name': 'other' },
        annotations: { 'fairlead.dev/mode': 'userspace', 'fairlead.dev/proxy-protocol': 'v2' },
      },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.1',
        clusterIPs: ['10.96.0.1', 'fd00::1'],
        ipFamilies: ['IPv4', 'IPv6'],
        selector: { app: 'web' },
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', nodePort: 30080 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
        externalIPs: ['192.0.2.1'],
        loadBalancerSourceRanges: [' 10.0.0.0/8'],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        healthCheckNodePort: 31000,
      },
      status: {
        loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }, { hostname: 'lb.example' }] },
      },
    };
    expect(recordOf('Service', object)).toEqual({
      kind: 'Service',
      ...meta,
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.1', 'fd00::1'],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 },
        { name: 'dns', protocol: 'UDP', port: 53, nodePort: 0 },
      ],
      externalIPs: ['192.0.2.1'],
      ingress: [
        { ip: '203.0.113.1', ipMode: 'VIP' },
        { ip: '', ipMode: '' },
      ],
      loadBalancerSourceRanges: [' 10.0.0.0/8'],
      externalName: '',
      affinitySeconds: 60,
      externalTrafficLocal: true,
      internalTrafficLocal: true,
      healthCheckNodePort: 31000,
      proxyName: 'other',
      mode: 'userspace',
      proxyProtocol: 'v2',
      hasSelector: true,
    });
  });

  test('that says only its name gets what the API server would fill in', () => {
    expect(recordOf('Service', { metadata: { name: 'web' } })).toEqual({
      kind: 'Service',
      namespace: 'default',
      name: 'web',
      type: 'ClusterIP',
      clusterIPs: [],
      ports: [],
      externalIPs: [],
      ingress: [],
      loadBalancerSourceRanges: [],
      externalName: '',
      affinitySeconds: 0,
      externalTrafficLocal: false,
      internalTrafficLocal: false,
      healthCheckNodePort: 0,
      proxyName: '',
      mode: '',
      proxyProtocol: '',
      hasSelector: false,
    });
  });

  test.each([
    ['clusterIP without clusterIPs', { clusterIP: '10.0.0.1' }, { clusterIPs: ['10.0.0.1'] }],
    ['headless, older than dual stack', { clusterIP: 'None' }, { clusterIPs: ['None'] }],
    [
      'clusterIPs over clusterIP',
      { clusterIP: '10.0.0.9', clusterIPs: ['fd00::1'] },
      { clusterIPs: ['fd00::1'] },
    ],
    ['null fields are absent fields', { clusterIP: null, ports: null }, { clusterIPs: [], ports: [] }],
    ['affinity without its timeout', { sessionAffinity: 'ClientIP' }, { affinitySeconds: 10_800 }],
    [
      'a timeout without affinity',
      { sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } },
      { affinitySeconds: 0 },
    ],
    [
      'a port without its protocol',
      { ports: [{ port: 1 }] },
      { ports: [{ name: '', protocol: 'TCP', port: 1, nodePort: 0 }] },
    ],
    [
      'values are not judged',
      { clusterIP: 'nonsense', type: 'Odd' },
      { clusterIPs: ['nonsense'], type: 'Odd' },
    ],
  ])('%s', (_, spec, wanted) => {
    expect(recordOf('Service', { metadata: meta, spec })).toMatchObject(wanted);
  });

  test('labelled for a proxy without a name is labelled all the same', () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': '' };
    expect(recordOf('Service', { metadata: { ...meta, labels } })).toMatchObject({ proxyName: '(unnamed)' });
  });
});

describe('an EndpointSlice', () => {
  test('with every field that we keep', () => {
    const object = {
      metadata: {
        namespace: 'shop',
        name: 'web-abc',
        labels: { 'kubernetes.io/service-name': 'web' },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:01.5Z' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' }],
      endpoints: [
        {
          addresses: ['10.1.0.1', '10.1.0.2'],
          conditions: { ready: false, serving: true, terminating: true },
          hostname: 'web-0',
          nodeName: 'n1',
          zone: 'a',
          hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] },
          targetRef: { kind: 'Pod', name: 'web-0', namespace: 'shop' },
        },
      ],
    };
    expect(recordOf('EndpointSlice', object)).toEqual({
      kind: 'EndpointSlice',
      namespace: 'shop',
      name: 'web-abc',
      serviceName: 'web',
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: [
        {
          address: '10.1.0.1',
          ready: false,
          serving: true,
          terminating: true,
          hostname: 'web-0',
          nodeName: 'n1',
          zone: 'a',
          zoneHints: ['a'],
          nodeHints: ['n1'],
          podName: 'web-0',
        },
      ],
      triggeredAt: Date.UTC(2026, 0, 1, 0, 0, 1, 500),
      fromEndpoints: false,
    });
  });

  test.each([
    ['no conditions: ready and serving', {}, { ready: true, serving: true, terminating: false }],
    [
      'null conditions',
      { conditions: { ready: null, serving: null, terminating: null } },
      { ready: true, serving: true, terminating: false },
    ],
    ['no address', { addresses: [] }, { address: '' }],
    ['a targetRef that is no Pod', { targetRef: { kind: 'Node', name: 'n1' } }, { podName: '' }],
    ['null hints', { hints: null }, { zoneHints: [], nodeHints: [] }],
  ])('endpoint with %s', (_, endpoint, wanted) => {
    const object = { metadata: meta, endpoints: [{ addresses: ['10.0.0.1'], ...endpoint }] };
    expect(recordOf('EndpointSlice', object)).toMatchObject({ endpoints: [wanted] });
  });

  test('a trigger time that is no time is none', () => {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': 'soon' };
    expect(recordOf('EndpointSlice', { metadata: { ...meta, annotations } })).toMatchObject({
      triggeredAt: 0,
    });
  });
});

describe('an Endpoints object', () => {
  const recordsOf = (object: unknown): unknown => {
    const result = projectEndpointsObject(object);
    if ('problem' in result) throw new Error(describeProblem(result.problem));
    return result.records;
  };

  test('becomes a slice for each subset and family', () => {
    const object = {
      metadata: meta,
      subsets: [
        {
          addresses: [
            { ip: '10.0.0.1', nodeName: 'n1', hostname: 'a', targetRef: { kind: 'Pod', name: 'a' } },
            { ip: 'fd00::1' },
          ],
          notReadyAddresses: [{ ip: '10.0.0.2' }],
          ports: [{ port: 80 }],
        },
        { addresses: [{ ip: '10.0.0.3' }], ports: [{ name: 'x', port: 81, protocol: 'UDP' }] },
        { ports: [{ port: 1 }] },
      ],
    };
    const slice = { kind: 'EndpointSlice', namespace: 'shop', serviceName: 'web', fromEndpoints: true };
    expect(recordsOf(object)).toMatchObject([
      {
        ...slice,
        name: 'web:0:IPv4',
        addressType: 'IPv4',
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        endpoints: [
          { address: '10.0.0.1', ready: true, serving: true, nodeName: 'n1', hostname: 'a', podName: 'a' },
          { address: '10.0.0.2', ready: false, serving: false, terminating: false },
        ],
      },
      { ...slice, name: 'web:0:IPv6', addressType: 'IPv6', endpoints: [{ address: 'fd00::1' }] },
      { ...slice, name: 'web:1:IPv4', ports: [{ name: 'x', protocol: 'UDP', port: 81 }] },
    ]);
  });

  test('without subsets is no slice', () => {
    expect(recordsOf({ metadata: meta })).toEqual([]);
  });

  test('of a wrong shape is a problem of the Endpoints object', () => {
    expect(projectEndpointsObject({ metadata: meta, subsets: [{ ports: [{ port: '80' }] }] })).toEqual({
      problem: {
        object: { kind: 'Endpoints', ...meta },
        field: 'subsets[0].ports[0].port',
        message: 'must be a number, not the text "80"',
      },
    });
  });
});

describe('a Node', () => {
  test('lists InternalIP before ExternalIP, and no host names', () => {
    const addresses = [
      { type: 'ExternalIP', address: '203.0.113.5' },
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '192.168.0.2' },
      { type: 'InternalIP', address: 'fd00::2' },
    ];
    const labels = { 'topology.kubernetes.io/zone': 'a' };
    const object = {
      metadata: { name: 'n1', labels },
      spec: { podCIDRs: ['10.1.0.0/24'] },
      status: { addresses },
    };
    expect(recordOf('Node', object)).toEqual({
      kind: 'Node',
      namespace: '',
      name: 'n1',
      addresses: ['192.168.0.2', 'fd00::2', '203.0.113.5'],
      podCIDRs: ['10.1.0.0/24'],
      zone: 'a',
      leaving: false,
    });
  });

  test.each([
    ['podCIDR without podCIDRs', { spec: { podCIDR: '10.1.0.0/24' } }, { podCIDRs: ['10.1.0.0/24'] }],
    [
      'the autoscaler’s taint',
      { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } },
      { leaving: true },
    ],
    [
      'another taint',
      { spec: { taints: [{ key: 'node.kubernetes.io/unschedulable' }] } },
      { leaving: false },
    ],
    [
      'being deleted',
      { metadata: { name: 'n1', deletionTimestamp: '2026-01-01T00:00:00Z' } },
      { leaving: true },
    ],
  ])('%s', (_, object, wanted) => {
    expect(recordOf('Node', { metadata: { name: 'n1' }, ...object })).toMatchObject(wanted);
  });
});

test('a Namespace is its name', () => {
  const object = { metadata: { name: 'shop' }, status: { phase: 'Active' } };
  expect(recordOf('Namespace', object)).toEqual({ kind: 'Namespace', namespace: '', name: 'shop' });
});

test.each([
  ['Running', false],
  ['Pending', false],
  ['Succeeded', true],
  ['Failed', true],
  ['Unknown', true],
])('a Pod in phase %s: ended %s', (phase, ended) => {
  const status = { phase, podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] };
  expect(recordOf('Pod', { metadata: meta, spec: { nodeName: 'n1', hostNetwork: true }, status })).toEqual({
    kind: 'Pod',
    ...meta,
    ips: ['10.0.0.1', 'fd00::1'],
    nodeName: 'n1',
    hostNetwork: true,
    ended,
    clusterSearch: true,
  });
});

test.each([
  [{}, true],
  [{ dnsPolicy: 'ClusterFirst' }, true],
  [{ dnsPolicy: 'ClusterFirstWithHostNet' }, true],
  [{ dnsPolicy: 'ClusterFirst', dnsConfig: { options: [{ name: 'ndots', value: '2' }] } }, true],
  [{ dnsPolicy: 'ClusterFirst', dnsConfig: { searches: ['corp.example'] } }, false],
  [{ dnsPolicy: 'Default' }, false],
  [{ dnsPolicy: 'None', dnsConfig: { searches: ['a.example'] } }, false],
])('a Pod with %j searches as the cluster has it: %s', (spec, clusterSearch) => {
  expect(recordOf('Pod', { metadata: meta, spec, status: {} })).toMatchObject({ clusterSearch });
});

test('a Pod older than dual stack has its one address', () => {
  expect(recordOf('Pod', { metadata: meta, status: { podIP: '10.0.0.1' } })).toMatchObject({
    ips: ['10.0.0.1'],
  });
});

describe('a wrong shape names its field', () => {
  const long = 'x'.repeat(1000);
  test.each<[Kind, unknown, string]>([
    ['Service', 7, 'Service (unnamed): must be an object, not 7'],
    ['Service', null, 'Service (unnamed): must be an object, not null'],
    ['Service', [], 'Service (unnamed): must be an object, not a list'],
    ['Service', {}, 'Service (unnamed): metadata.name: is missing'],
    [
      'Service',
      { metadata: { name: 'web' }, spec: 1 },
      'Service default/web: spec: must be an object, not 1',
    ],
    ['Node', { metadata: meta, spec: 1 }, 'Node web: spec: must be an object, not 1'],
    ['Service', { metadata: [] }, 'Service (unnamed): metadata: must be an object, not a list'],
    ['Service', { metadata: { name: 5 } }, 'Service (unnamed): metadata.name: must be text, not 5'],
    [
      'Service',
      { metadata: meta, spec: { type: [] } },
      'Service shop/web: spec.type: must be text, not a list',
    ],
    [
      'Service',
      { metadata: meta, spec: { type: {} } },
      'Service shop/web: spec.type: must be text, not an object',
    ],
    [
      'Service',
      { metadata: meta, spec: { clusterIPs: 'x' } },
      'Service shop/web: spec.clusterIPs: must be a list, not the text "x"',
    ],
    [
      'Service',
      { metadata: meta, spec: { clusterIPs: ['x', 1] } },
      'Service shop/web: spec.clusterIPs[1]: must be text, not 1',
    ],
    [
      'Service',
      { metadata: meta, spec: { ports: [{ port: 80 }, { port: '81' }] } },
      'Service shop/web: spec.ports[1].port: must be a number, not the text "81"',
    ],
    [
      'Service',
      { metadata: meta, spec: { ports: [null] } },
      'Service shop/web: spec.ports[0]: must be an object, not null',
    ],
    [
      'Service',
      { metadata: meta, spec: { externalName: true } },
      'Service shop/web: spec.externalName: must be text, not true',
    ],
    [
      'Service',
      { metadata: meta, spec: { healthCheckNodePort: long } },
      `Service shop/web: spec.healthCheckNodePort: must be a number, not the text "${'x'.repeat(40)}…"`,
    ],
    [
      'EndpointSlice',
      { metadata: meta, endpoints: [{ conditions: { ready: 'yes' } }] },
      'EndpointSlice shop/web: endpoints[0].conditions.ready: must be true or false, not the text "yes"',
    ],
    [
      'EndpointSlice',
      { metadata: meta, endpoints: [{ hints: { forZones: ['a'] } }] },
      'EndpointSlice shop/web: endpoints[0].hints.forZones[0]: must be an object, not the text "a"',
    ],
    [
      'Node',
      { metadata: { name: 'n1' }, status: { addresses: {} } },
      'Node n1: status.addresses: must be a list, not an object',
    ],
    [
      'Pod',
      { metadata: meta, status: { podIPs: [{ ip: 1 }] } },
      'Pod shop/web: status.podIPs[0].ip: must be text, not 1',
    ],
  ])('%s %j', (kind, object, wanted) => {
    const result = projectObject(kind, object);
    expect('problem' in result && describeProblem(result.problem)).toBe(wanted);
  });
});

test('any JSON gives a record or a problem, never an error', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const field = fc.constantFrom(
    'metadata',
    'spec',
    'status',
    'endpoints',
    'ports',
    'subsets',
    'addresses',
    'name',
  );
  const shaped = fc.letrec((tie) => ({
    node: fc.oneof(anything, fc.dictionary(field, tie('node')), fc.array(tie('node'), { maxLength: 3 })),
  })).node;
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), shaped, (kind, spec) => {
      const result = projectObject(kind, {
        metadata: meta,
        spec,
        status: spec,
        ports: spec,
        endpoints: spec,
      });
      expect('record' in result ? result.record.name : describeProblem(result.problem)).toContain('web');
      expect(() => projectEndpointsObject({ metadata: meta, subsets: spec })).not.toThrow();
      expect(() => projectObject(kind, spec)).not.toThrow();
    }),
  );
});
