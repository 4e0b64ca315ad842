import { describe, expect, test } from 'vitest';
import type { ObjectRecord, ServiceRecord } from '../../../src/kube/records.ts';
import type { Family } from '../../../src/net/ip.ts';
import { UntranslatedFlows } from '../../../src/proxy/conntrack/untranslatedFlows.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { pictureOf } from '../cluster.ts';

const HTTP = { name: 'http', protocol: 'TCP' } as const;

function tcpService(key: string, fields: Partial<ServiceRecord>): ServiceRecord {
  return serviceRecord(key, { ports: [portRecord({ ...HTTP, port: 80 })], ...fields });
}

function tcpSlice(key: string, port: number, endpoint: ReturnType<typeof endpointRecord>): ObjectRecord {
  const addressType = endpoint.address.includes(':') ? 'IPv6' : 'IPv4';
  const ports = [{ ...HTTP, port }];
  return sliceRecord(`${key}-${addressType}`, { addressType, ports, endpoints: [endpoint] });
}

const OBJECTS: readonly ObjectRecord[] = [
  tcpService('shop/web', {
    type: 'LoadBalancer',
    clusterIPs: ['172.30.0.1', 'fd00:172::1'],
    ports: [
      portRecord({ ...HTTP, port: 80, nodePort: 30_080 }),
      portRecord({ name: 'idle', protocol: 'TCP', port: 81 }),
      portRecord({ name: 'sip', protocol: 'UDP', port: 5060 }),
    ],
    externalIPs: ['198.51.100.1', '192.168.0.2'],
    ingress: [{ ip: '192.0.2.1', ipMode: '' }],
  }),
  tcpSlice('shop/web', 8080, endpointRecord('10.0.0.1')),
  tcpSlice('shop/web', 8080, endpointRecord('fd00:10::1')),
  tcpService('shop/gone', { clusterIPs: ['172.30.0.2'] }),
  tcpSlice('shop/gone', 8080, endpointRecord('10.0.0.2', { ready: false, serving: false })),
  // In the host's network, at the very address and port of the Service.
  tcpService('shop/gate', {
    clusterIPs: ['172.30.0.3'],
    ports: [portRecord({ ...HTTP, port: 443 })],
    externalIPs: ['192.168.0.2'],
  }),
  tcpSlice('shop/gate', 443, endpointRecord('192.168.0.2')),
  tcpService('sys/dns', { clusterIPs: ['172.30.0.10'] }),
  tcpSlice('sys/dns', 8080, endpointRecord('10.0.0.3')),
  tcpService('shop/foreign', { clusterIPs: ['172.30.0.6'], proxyName: 'another' }),
  tcpSlice('shop/foreign', 8080, endpointRecord('10.0.0.4')),
];

const entries = [...pictureOf(OBJECTS).services.values()];

function flowsOf(family: Family, which = entries): UntranslatedFlows {
  const flows = new UntranslatedFlows(family, 'sys/dns');
  for (const entry of which) flows.add(entry);
  return flows;
}

/** `ADDRESS PORT by ADDRESS PORT`, with `answered` after it when packets came back. */
function isStale(family: Family, text: string): boolean {
  const [destination = '', destinationPort, , replySource = '', replySourcePort, answered] = text.split(' ');
  return flowsOf(family).isStale({
    destination,
    destinationPort: Number(destinationPort),
    replySource,
    replySourcePort: Number(replySourcePort),
    answered: answered === 'answered',
  });
}

describe('a TCP flow', () => {
  test.each([
    ['to the clusterIP, untranslated', '172.30.0.1 80 by 172.30.0.1 80', true],
    ['to an external IP, untranslated', '198.51.100.1 80 by 198.51.100.1 80', true],
    ['to the VIP, untranslated', '192.0.2.1 80 by 192.0.2.1 80', true],
    ["to a node's address that is an external IP too", '192.168.0.2 80 by 192.168.0.2 80', true],
    ['untranslated, but answered: somebody is there', '198.51.100.1 80 by 198.51.100.1 80 answered', false],
    ['translated, answered', '172.30.0.1 80 by 10.0.0.1 8080 answered', false],
    ['translated, not answered yet', '172.30.0.1 80 by 10.0.0.1 8080', false],
    ['translated to an endpoint that is gone', '172.30.0.1 80 by 10.0.0.9 8080', false],
    ['translated to a relay', '172.30.0.1 80 by 169.254.20.11 4000', false],
    ['translated to the same port', '172.30.0.1 80 by 10.0.0.1 80', false],
    ['translated to another port of the address', '172.30.0.1 80 by 172.30.0.1 8080', false],
    ['to a port without endpoints', '172.30.0.1 81 by 172.30.0.1 81', false],
    ['to a port whose endpoints do not serve', '172.30.0.2 80 by 172.30.0.2 80', false],
    ['to a port that the Service does not have', '172.30.0.1 82 by 172.30.0.1 82', false],
    ['to the number of a UDP port', '172.30.0.1 5060 by 172.30.0.1 5060', false],
    ['to the NodePort', '192.168.0.3 30080 by 192.168.0.3 30080', false],
    ['to the address of nobody', '172.30.0.99 80 by 172.30.0.99 80', false],
    ['to a pod itself', '10.0.0.1 8080 by 10.0.0.1 8080', false],
    ['to an endpoint at the very address', '192.168.0.2 443 by 192.168.0.2 443', false],
    ['to the DNS Service', '172.30.0.10 80 by 172.30.0.10 80', false],
    ["to another proxy's Service", '172.30.0.6 80 by 172.30.0.6 80', false],
  ])('%s: %s is stale: %s', (_, text, stale) => {
    expect(isStale('IPv4', text)).toBe(stale);
  });

  test.each([
    ['fd00:172::1 80 by fd00:172::1 80', true],
    ['fd00:172::1 80 by fd00:10::1 8080', false],
    ['fd00:172::1 81 by fd00:172::1 81', false],
  ])('of IPv6, %s is stale: %s', (text, stale) => {
    expect(isStale('IPv6', text)).toBe(stale);
  });
});

test.each([
  ['nobody serves', ['shop/gone']],
  ['only the DNS Service is served', ['sys/dns']],
])('nothing can be stale where %s', (_, keys) => {
  const which = entries.filter(({ service }) => keys.includes(service.key));
  expect([flowsOf('IPv4', which).empty, flowsOf('IPv4').empty]).toEqual([true, false]);
});
