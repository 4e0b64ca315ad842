import { describe, expect, test } from 'vitest';
import { readService } from '../../../src/catalog/read/service.ts';
import type { Service } from '../../../src/catalog/service.ts';
import { describeProblem } from '../../../src/kube/problem.ts';
import type { ServiceRecord } from '../../../src/kube/records.ts';
import { portRecord, serviceRecord } from '../../support/records.ts';

const VIP = { clusterIPs: ['10.96.0.1'] };
const LB = { ...VIP, type: 'LoadBalancer' };
const vip = (ip: string, ipMode = 'VIP'): { ip: string; ipMode: string } => ({ ip, ipMode });

function read(fields: Partial<ServiceRecord>): { service: Service | undefined; problems: string[] } {
  const { service, problems } = readService(serviceRecord('shop/web', fields));
  return { service, problems: problems.map(describeProblem) };
}

describe('what is usable is canonical', () => {
  test.each<[string, Partial<ServiceRecord>, Partial<Service>]>([
    ['leading zeros in a clusterIP', { clusterIPs: ['172.30.0.041'] }, { clusterIPs: ['172.30.0.41'] }],
    [
      'leading zeros in an external IP',
      { ...VIP, externalIPs: ['192.0.2.001'] },
      { externalIPs: ['192.0.2.1'] },
    ],
    [
      'leading zeros in a load balancer address',
      { ...LB, ingress: [vip('203.0.113.010')] },
      { loadBalancerVIPs: ['203.0.113.10'] },
    ],
    [
      'leading zeros and blanks in source ranges',
      { ...LB, loadBalancerSourceRanges: ['203.0.113.000/025', ' 10.0.0.0/8 '] },
      { loadBalancerSourceRanges: ['203.0.113.0/25', '10.0.0.0/8'] },
    ],
    [
      'host bits in a source range',
      { ...LB, loadBalancerSourceRanges: ['10.1.2.3/8'] },
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
    ],
    ['long IPv6', { clusterIPs: ['FD00:0:0::0001'] }, { clusterIPs: ['fd00::1'] }],
    ['an IPv4-mapped address', { clusterIPs: ['::ffff:10.0.0.1'] }, { clusterIPs: ['10.0.0.1'] }],
    [
      'the same external IP twice',
      { ...VIP, externalIPs: ['192.0.2.1', '192.0.2.01'] },
      { externalIPs: ['192.0.2.1'] },
    ],
    [
      'both families, primary first',
      { clusterIPs: ['fd00::1', '10.0.0.1'] },
      { clusterIPs: ['fd00::1', '10.0.0.1'] },
    ],
    [
      'an external name',
      { type: 'ExternalName', externalName: 'WWW.Example.COM.' },
      { externalName: 'www.example.com' },
    ],
    [
      'an external name with underscores',
      { type: 'ExternalName', externalName: '_a.b_c.d' },
      { externalName: '_a.b_c.d' },
    ],
    ['a load balancer by host name only', { ...LB, ingress: [vip('')] }, { loadBalancerVIPs: [] }],
    [
      'ipMode Proxy is not ours',
      { ...LB, ingress: [vip('203.0.113.1', 'Proxy'), vip('203.0.113.2', '')] },
      { loadBalancerVIPs: ['203.0.113.2'] },
    ],
  ])('%s', (_, fields, wanted) => {
    const { service, problems } = read(fields);
    expect(service).toMatchObject(wanted);
    expect(problems).toEqual([]);
  });
});

describe('who is routed', () => {
  test.each<[string, Partial<ServiceRecord>, Partial<Service>]>([
    ['a clusterIP', VIP, { routed: true, headless: false }],
    ['headless', { clusterIPs: ['None'] }, { routed: false, headless: true, clusterIPs: [] }],
    ['no address yet', {}, { routed: false, headless: false, clusterIPs: [] }],
    ['ExternalName', { type: 'ExternalName', externalName: 'a.b' }, { routed: false, headless: false }],
    [
      'ExternalName, a clusterIP left over',
      { type: 'ExternalName', externalName: 'a.b', ...VIP },
      { routed: false, clusterIPs: [] },
    ],
    [
      'ExternalName, once headless',
      { type: 'ExternalName', externalName: 'a.b', clusterIPs: ['None'] },
      { routed: false, headless: false },
    ],
    [
      'labelled for another proxy',
      { ...VIP, proxyName: 'other' },
      { routed: false, clusterIPs: ['10.96.0.1'] },
    ],
    ['without ports', { ...VIP, ports: [] }, { routed: true, ports: [] }],
  ])('%s', (_, fields, wanted) => {
    expect(read(fields)).toMatchObject({ service: wanted, problems: [] });
  });
});

describe('externalTrafficPolicy Local counts where something outside can reach the Service', () => {
  test.each<[string, Partial<ServiceRecord>, boolean]>([
    ['ClusterIP', VIP, false],
    ['ClusterIP with external IPs', { ...VIP, externalIPs: ['192.0.2.1'] }, true],
    ['NodePort', { ...VIP, type: 'NodePort' }, true],
    ['LoadBalancer', { ...LB, healthCheckNodePort: 30100 }, true],
    ['headless', { clusterIPs: ['None'], type: 'NodePort' }, false],
  ])('%s: %s', (_, fields, wanted) => {
    expect(read({ ...fields, externalTrafficLocal: true }).service?.externalTrafficLocal).toBe(wanted);
  });
});

describe('healthCheckNodePort is only that of a LoadBalancer under Local', () => {
  test.each<[Partial<ServiceRecord>, number]>([
    [{ type: 'LoadBalancer', externalTrafficLocal: true }, 30_100],
    [{ type: 'LoadBalancer', externalTrafficLocal: false }, 0],
    [{ type: 'NodePort', externalTrafficLocal: true }, 0],
    [{ type: 'ClusterIP', externalTrafficLocal: true }, 0],
  ])('%j: %s', (fields, wanted) => {
    const { service, problems } = read({ ...VIP, ...fields, healthCheckNodePort: 30_100 });
    expect(service?.healthCheckNodePort).toBe(wanted);
    expect(problems).toEqual([]);
  });
});

describe('a bad part costs only that part', () => {
  const two = (fields: object): Partial<ServiceRecord> => ({
    ...VIP,
    ports: [portRecord(), portRecord({ name: 'b', port: 81, ...fields })],
  });
  const onlyFirst = { ports: [portRecord()], clusterIPs: ['10.96.0.1'] };

  test.each<[string, Partial<ServiceRecord>, object, string]>([
    ['port 0', two({ port: 0 }), onlyFirst, 'spec.ports[1].port: 0 is not a port (1-65535)'],
    ['port 65536', two({ port: 65_536 }), onlyFirst, 'spec.ports[1].port: 65536 is not a port (1-65535)'],
    ['half a port', two({ port: 80.5 }), onlyFirst, 'spec.ports[1].port: 80.5 is not a port (1-65535)'],
    [
      'an unknown protocol',
      two({ protocol: 'tcp' }),
      onlyFirst,
      'spec.ports[1].protocol: "tcp" is not TCP, UDP or SCTP',
    ],
    [
      'a port name that is no label',
      two({ name: 'a"\nb' }),
      onlyFirst,
      'spec.ports[1].name: "a\\"\\nb" is not a DNS label',
    ],
    ['the same port twice', two({ port: 80 }), onlyFirst, 'spec.ports[1].port: 80/TCP is there twice'],
    [
      'the same name twice',
      two({ name: 'http' }),
      onlyFirst,
      'spec.ports[1].name: "http" is there twice for TCP',
    ],
    [
      'a bad nodePort',
      { ...VIP, type: 'NodePort', ports: [portRecord({ nodePort: 70_000 })] },
      { ports: [portRecord()] },
      'spec.ports[0].nodePort: 70000 is not a port (1-65535)',
    ],
    [
      'the same nodePort twice',
      {
        ...VIP,
        type: 'NodePort',
        ports: [portRecord({ nodePort: 30_000 }), portRecord({ name: 'b', port: 81, nodePort: 30_000 })],
      },
      { ports: [portRecord({ nodePort: 30_000 }), portRecord({ name: 'b', port: 81 })] },
      'spec.ports[1].nodePort: 30000/TCP is there twice',
    ],
    [
      'one clusterIP of two',
      { clusterIPs: ['10.0.0.300', 'fd00::1'] },
      { clusterIPs: ['fd00::1'] },
      'spec.clusterIPs[0]: "10.0.0.300" is not an IP address',
    ],
    [
      'a second address of one family',
      { clusterIPs: ['10.0.0.1', '10.0.0.2'] },
      { clusterIPs: ['10.0.0.1'] },
      'spec.clusterIPs[1]: 10.0.0.2 is a second IPv4 address: 10.0.0.1 is used',
    ],
    [
      'an external IP',
      { ...VIP, externalIPs: ['x', '192.0.2.1'] },
      { externalIPs: ['192.0.2.1'] },
      'spec.externalIPs[0]: "x" is not an IP address',
    ],
    [
      'an external IP with a zone',
      { ...VIP, externalIPs: ['fe80::1%eth0'] },
      { externalIPs: [] },
      'spec.externalIPs[0]: "fe80::1%eth0" is not an IP address',
    ],
    [
      'every address of the host',
      { ...VIP, externalIPs: ['0.0.0.0'] },
      { externalIPs: [] },
      'spec.externalIPs[0]: 0.0.0.0 is the unspecified address',
    ],
    [
      'one source range of two',
      { ...LB, ingress: [vip('203.0.113.1')], loadBalancerSourceRanges: ['10.0.0.0/33', '10.0.0.0/8'] },
      { loadBalancerSourceRanges: ['10.0.0.0/8'], loadBalancerVIPs: ['203.0.113.1'] },
      'spec.loadBalancerSourceRanges[0]: "10.0.0.0/33" is not a CIDR',
    ],
    [
      'a load balancer address',
      { ...LB, ingress: [vip('nope'), vip('203.0.113.1')] },
      { loadBalancerVIPs: ['203.0.113.1'] },
      'status.loadBalancer.ingress[0].ip: "nope" is not an IP address',
    ],
    [
      'an ipMode of the future',
      { ...LB, ingress: [vip('203.0.113.1', 'Warp')] },
      { loadBalancerVIPs: [] },
      'status.loadBalancer.ingress[0].ipMode: "Warp" is not VIP or Proxy',
    ],
    [
      'an affinity timeout',
      { ...VIP, affinitySeconds: 90_000 },
      { affinitySeconds: 10_800 },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: 90000 is not 1 to 86400: 10800 is used',
    ],
    [
      'a mode',
      { ...VIP, mode: 'ebpf' },
      { mode: '' },
      'metadata.annotations[fairlead.dev/mode]: "ebpf" is not iptables or userspace: routed as the node is',
    ],
    [
      'a version of the PROXY protocol',
      { ...VIP, proxyProtocol: 'v1' },
      { proxyProtocol: false },
      'metadata.annotations[fairlead.dev/proxy-protocol]: "v1" is not v2: endpoints are told no client address',
    ],
    [
      'no health check port',
      { ...LB, externalTrafficLocal: true },
      { healthCheckNodePort: 0, externalTrafficLocal: true },
      'spec.healthCheckNodePort: 0 is not a port (1-65535): load balancers cannot check this node',
    ],
    [
      'a health check port that is its own nodePort',
      {
        ...LB,
        externalTrafficLocal: true,
        healthCheckNodePort: 30_000,
        ports: [portRecord({ nodePort: 30_000 })],
      },
      { healthCheckNodePort: 0 },
      'spec.healthCheckNodePort: 30000 is a nodePort of this Service too: load balancers cannot check this node',
    ],
    [
      'a port of a headless Service',
      { clusterIPs: ['None'], ports: [portRecord({ port: 0 })] },
      { headless: true, ports: [] },
      'spec.ports[0].port: 0 is not a port (1-65535)',
    ],
  ])('%s', (_, fields, wanted, problem) => {
    const { service, problems } = read(fields);
    expect(problems).toEqual([`Service shop/web: ${problem}`]);
    expect(service).toMatchObject(wanted);
  });

  test('one name for two protocols, or one number, is allowed', () => {
    const ports = [
      portRecord({ name: 'dns', port: 53 }),
      portRecord({ name: 'dns', port: 53, protocol: 'UDP' }),
    ];
    expect(read({ ...VIP, ports })).toMatchObject({ service: { ports }, problems: [] });
  });

  test('source ranges of which none is usable close the load balancer addresses, not open them', () => {
    const { service, problems } = read({
      ...LB,
      ingress: [vip('203.0.113.1')],
      loadBalancerSourceRanges: ['all'],
    });
    expect(service).toMatchObject({
      loadBalancerVIPs: [],
      loadBalancerSourceRanges: [],
      clusterIPs: ['10.96.0.1'],
      routed: true,
    });
    expect(problems).toEqual([
      'Service shop/web: spec.loadBalancerSourceRanges[0]: "all" is not a CIDR',
      'Service shop/web: spec.loadBalancerSourceRanges: holds no usable CIDR: the load balancer addresses are not routed',
    ]);
  });

  test('many bad parts are told as a few and a number', () => {
    const { problems } = read({ ...VIP, externalIPs: Array.from({ length: 1000 }, (_, i) => `bad-${i}`) });
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe('Service shop/web: 990 more like these');
  });
});

describe('unusable as a whole', () => {
  const long = 'a'.repeat(64);
  test.each<[string, Partial<ServiceRecord>, string]>([
    ['a name that is no label', { name: 'we.b' }, 'metadata.name: "we.b" is not a DNS label'],
    ['a name in capitals', { name: 'Web' }, 'metadata.name: "Web" is not a DNS label'],
    ['a name too long', { name: long }, `metadata.name: "${long}" is longer than 63 characters`],
    ['a namespace that is no label', { namespace: 'a b' }, 'metadata.namespace: "a b" is not a DNS label'],
    ['an unknown type', { type: 'Ingress' }, 'spec.type: "Ingress" is not a type of Service'],
    [
      'no usable clusterIP',
      { clusterIPs: ['10.0.0.256'] },
      'spec.clusterIPs[0]: "10.0.0.256" is not an IP address',
    ],
    [
      'no usable port',
      { ...VIP, ports: [portRecord({ port: 0 })] },
      'spec.ports[0].port: 0 is not a port (1-65535)',
    ],
    ['an ExternalName without a name', { type: 'ExternalName' }, 'spec.externalName: "" is not a DNS name'],
    [
      'an external name with an empty label',
      { type: 'ExternalName', externalName: 'a..b' },
      'spec.externalName: "a..b" is not a DNS name',
    ],
    [
      'an external name with a long label',
      { type: 'ExternalName', externalName: `${long}.b` },
      `spec.externalName: "${long}.b" is not a DNS name`,
    ],
    [
      'an external name longer than 253',
      { type: 'ExternalName', externalName: 'a.'.repeat(127).concat('b') },
      `spec.externalName: "${'a.'.repeat(40)}…" is not a DNS name`,
    ],
  ])('%s', (_, fields, problem) => {
    const { service, problems } = read(fields);
    expect(service).toBeUndefined();
    expect(problems.map((line) => line.replace(/^Service \S+( b\/web)?: /, ''))).toEqual([problem]);
  });

  test('the longest names that DNS allows are usable', () => {
    const label = 'a'.repeat(63);
    expect(read({ ...VIP, name: label, namespace: label }).problems).toEqual([]);
    const externalName = `${'a.'.repeat(126)}b`;
    expect(externalName).toHaveLength(253);
    expect(read({ type: 'ExternalName', externalName }).problems).toEqual([]);
    expect(read({ ...VIP, name: '1web' }).problems).toEqual([]);
  });
});
