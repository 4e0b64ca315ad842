import { describe, expect, test } from 'vitest';
import { readSlice } from '../../../src/catalog/read/slice.ts';
import { describeProblem } from '../../../src/kube/problem.ts';
import type { EndpointSliceRecord } from '../../../src/kube/records.ts';
import { endpointRecord, sliceRecord } from '../../support/records.ts';

const GOOD = endpointRecord('10.0.0.1');
const HTTP = { name: 'http', protocol: 'TCP', port: 8080 };

function read(
  fields: Partial<EndpointSliceRecord>,
  nodeName = 'n1',
): ReturnType<typeof readSlice> & { lines: string[] } {
  const reading = readSlice(sliceRecord('shop/web-a', fields), nodeName);
  return { ...reading, lines: reading.problems.map(describeProblem) };
}

test('a slice belongs to the Service that its label names, in its own namespace', () => {
  expect(read({ serviceName: 'other' }).serviceKey).toBe('shop/other');
});

test.each([
  ['n1', 'n1', true],
  ['n2', 'n1', false],
  ['', 'n1', false],
  ['', '', false],
])('an endpoint on node "%s" seen from node "%s": local %s', (nodeName, own, local) => {
  const { group } = read({ endpoints: [endpointRecord('10.0.0.1', { nodeName })] }, own);
  expect(group?.endpoints[0]?.local).toBe(local);
});

test('endpoints are canonical, and in byte order', () => {
  const endpoints = ['10.0.0.020', '10.0.0.3', '::ffff:10.0.0.1'].map((address) => endpointRecord(address));
  expect(read({ endpoints }).group?.endpoints.map((e) => e.address)).toEqual([
    '10.0.0.1',
    '10.0.0.20',
    '10.0.0.3',
  ]);
});

test('a port without a number is left out in silence: a headless Service may have it', () => {
  expect(read({ ports: [{ ...HTTP, port: 0 }, HTTP] })).toMatchObject({
    group: { ports: [HTTP] },
    lines: [],
  });
});

describe('a bad part costs only that part', () => {
  const both = (bad: object): Partial<EndpointSliceRecord> => ({
    endpoints: [{ ...GOOD, ...bad }, endpointRecord('10.0.0.9')],
  });
  test.each<[string, Partial<EndpointSliceRecord>, object, string]>([
    [
      'an address',
      both({ address: 'pod-1' }),
      { endpoints: [{ address: '10.0.0.9' }] },
      'endpoints[0].addresses[0]: "pod-1" is not an IP address',
    ],
    [
      'no address',
      both({ address: '' }),
      { endpoints: [{ address: '10.0.0.9' }] },
      'endpoints[0].addresses[0]: "" is not an IP address',
    ],
    [
      'no host',
      both({ address: '0.0.0.0' }),
      { endpoints: [{ address: '10.0.0.9' }] },
      'endpoints[0].addresses[0]: 0.0.0.0 is the unspecified address',
    ],
    [
      'the other family',
      both({ address: 'fd00::1' }),
      { endpoints: [{ address: '10.0.0.9' }] },
      'endpoints[0].addresses[0]: fd00::1 is not an IPv4 address',
    ],
    [
      'a host name',
      both({ hostname: 'a.b' }),
      { endpoints: [{ address: '10.0.0.1', hostname: '' }, {}] },
      'endpoints[0].hostname: "a.b" is not a DNS label',
    ],
    [
      'a port',
      { endpoints: [GOOD], ports: [HTTP, { ...HTTP, port: -1 }] },
      { ports: [HTTP] },
      'ports[1].port: -1 is not a port (1-65535)',
    ],
    [
      'a protocol',
      { endpoints: [GOOD], ports: [HTTP, { ...HTTP, protocol: 'QUIC' }] },
      { ports: [HTTP] },
      'ports[1].protocol: "QUIC" is not TCP, UDP or SCTP',
    ],
    [
      'a port name',
      { endpoints: [GOOD], ports: [{ ...HTTP, name: '-' }] },
      { ports: [], endpoints: [{}] },
      'ports[0].name: "-" is not a DNS label',
    ],
  ])('%s', (_, fields, wanted, problem) => {
    const { group, lines } = read(fields);
    expect(lines).toEqual([`EndpointSlice shop/web-a: ${problem}`]);
    expect(group).toMatchObject(wanted);
  });
});

describe('unusable as a whole', () => {
  test.each<[string, Partial<EndpointSliceRecord>, string]>([
    [
      'of type FQDN',
      { addressType: 'FQDN', endpoints: [endpointRecord('a.example')] },
      'addressType: "FQDN" is not IPv4 or IPv6',
    ],
    ['of no type', { addressType: '' }, 'addressType: "" is not IPv4 or IPv6'],
    [
      'no usable endpoint',
      { endpoints: [endpointRecord('x')] },
      'endpoints[0].addresses[0]: "x" is not an IP address',
    ],
  ])('%s', (_, fields, problem) => {
    expect(read(fields)).toMatchObject({
      serviceKey: 'shop/web',
      group: undefined,
      lines: [`EndpointSlice shop/web-a: ${problem}`],
    });
  });

  test.each<[string, string, string]>([
    ['no label', '', 'is missing: the slice belongs to no Service'],
    ['a label that names no Service', 'Web!', '"Web!" is not a DNS label'],
  ])('%s', (_, serviceName, problem) => {
    expect(read({ serviceName })).toMatchObject({
      serviceKey: '',
      group: undefined,
      lines: [`EndpointSlice shop/web-a: metadata.labels[kubernetes.io/service-name]: ${problem}`],
    });
  });
});

test('an empty slice is a usable one: its Service has no endpoints there', () => {
  expect(read({ endpoints: [] })).toMatchObject({ group: { endpoints: [] }, lines: [] });
});
