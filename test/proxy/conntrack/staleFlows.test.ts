import { describe, expect, test } from 'vitest';
import type { ObjectRecord, ServiceRecord } from '../../../src/kube/records.ts';
import type { Family } from '../../../src/net/ip.ts';
import type { Flow } from '../../../src/proxy/conntrack/flowTable.ts';
import { routes } from '../../../src/proxy/conntrack/servedPorts.ts';
import { StaleFlows } from '../../../src/proxy/conntrack/staleFlows.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { here, pictureOf } from '../cluster.ts';

const UDP = { name: 'sip', protocol: 'UDP' } as const;

function udpService(key: string, fields: Partial<ServiceRecord>): ServiceRecord {
  return serviceRecord(key, { ports: [portRecord({ ...UDP, port: 5060 })], ...fields });
}

function udpSlice(key: string, ...endpoints: readonly ReturnType<typeof endpointRecord>[]): ObjectRecord {
  const [first] = endpoints;
  return sliceRecord(`${key}-x`, {
    addressType: first?.address.includes(':') === true ? 'IPv6' : 'IPv4',
    ports: [{ ...UDP, port: 6060 }],
    endpoints,
  });
}

const OBJECTS: readonly ObjectRecord[] = [
  udpService('shop/phone', {
    type: 'LoadBalancer',
    clusterIPs: ['172.30.0.1', 'fd00:172::1'],
    ports: [
      portRecord({ ...UDP, port: 5060, nodePort: 30_060 }),
      portRecord({ name: 'tcp', protocol: 'TCP', port: 5061, nodePort: 30_061 }),
    ],
    externalIPs: ['198.51.100.1', '2001:db8:e::1'],
    ingress: [{ ip: '192.0.2.1', ipMode: '' }],
  }),
  udpSlice(
    'shop/phone',
    endpointRecord('10.0.0.1'),
    endpointRecord('10.0.0.2', { nodeName: 'other', zone: 'far', zoneHints: ['far'] }),
    endpointRecord('10.0.0.3', { ready: false, serving: true, terminating: true }),
    endpointRecord('10.0.0.4', { ready: false, serving: true }),
    endpointRecord('10.0.0.5', { ready: false, serving: false, terminating: true }),
    endpointRecord('10.0.0.6', { ready: false, serving: false }),
  ),
  sliceRecord('shop/phone-tcp', {
    ports: [{ name: 'tcp', protocol: 'TCP', port: 6061 }],
    endpoints: [endpointRecord('10.0.0.1')],
  }),
  sliceRecord('shop/phone-six', {
    addressType: 'IPv6',
    ports: [{ ...UDP, port: 6060 }],
    endpoints: [endpointRecord('fd00:10::1')],
  }),
  udpService('shop/local', {
    type: 'NodePort',
    clusterIPs: ['172.30.0.2'],
    ports: [portRecord({ ...UDP, port: 5060, nodePort: 30_062 })],
    internalTrafficLocal: true,
    externalTrafficLocal: true,
  }),
  udpSlice('shop/local', here('10.0.1.1'), endpointRecord('10.0.1.2', { nodeName: 'other' })),
  udpService('shop/nobody', {
    type: 'NodePort',
    clusterIPs: ['172.30.0.3'],
    ports: [portRecord({ ...UDP, port: 30_060, nodePort: 30_063 })],
  }),
  udpSlice('shop/nobody', endpointRecord('10.0.2.1', { ready: false, serving: false })),
  // Its port is the number of another one's NodePort.
  udpService('shop/clash', {
    clusterIPs: ['172.30.0.4'],
    ports: [portRecord({ ...UDP, port: 30_060 })],
  }),
  udpSlice('shop/clash', endpointRecord('10.0.3.1')),
  udpService('shop/headless', { clusterIPs: ['None'] }),
  udpSlice('shop/headless', endpointRecord('10.0.4.1')),
  udpService('shop/foreign', { clusterIPs: ['172.30.0.6'], proxyName: 'another' }),
  udpSlice('shop/foreign', endpointRecord('10.0.5.1')),
];

const entries = [...pictureOf(OBJECTS).services.values()];

function flowsOf(family: Family): StaleFlows {
  const flows = new StaleFlows(family);
  for (const entry of entries) flows.add(entry);
  return flows;
}

/** `ADDRESS PORT answered by ADDRESS PORT` */
function flow(text: string): Flow {
  const [destination = '', destinationPort, , , replySource = '', replySourcePort] = text.split(' ');
  return {
    destination,
    destinationPort: Number(destinationPort),
    replySource,
    replySourcePort: Number(replySourcePort),
    answered: true,
  };
}

describe('a UDP flow', () => {
  test.each([
    ['to the clusterIP, the endpoint gone', '172.30.0.1 5060 answered by 10.0.0.9 6060', true],
    ['to an external IP, the endpoint gone', '198.51.100.1 5060 answered by 10.0.0.9 6060', true],
    ['to the VIP, the endpoint gone', '192.0.2.1 5060 answered by 10.0.0.9 6060', true],
    ['to the NodePort, the endpoint gone', '192.168.0.2 30060 answered by 10.0.0.9 6060', true],
    ['to the endpoint, at a port it no longer has', '172.30.0.1 5060 answered by 10.0.0.1 6059', true],
    ['made while there was no endpoint', '172.30.0.1 5060 answered by 172.30.0.1 5060', true],
    ['made while there was none, NodePort', '192.168.0.2 30060 answered by 192.168.0.2 30060', true],
    ['to an endpoint that does not serve', '172.30.0.1 5060 answered by 10.0.0.6 6060', true],
    ['to an endpoint that is going and does not serve', '172.30.0.1 5060 answered by 10.0.0.5 6060', true],
    ['to an endpoint of another Service', '172.30.0.1 5060 answered by 10.0.1.1 6060', true],
    ['to the clusterIP, the endpoint serving', '172.30.0.1 5060 answered by 10.0.0.1 6060', false],
    ['to an external IP, the endpoint serving', '198.51.100.1 5060 answered by 10.0.0.1 6060', false],
    ['to the VIP, the endpoint serving', '192.0.2.1 5060 answered by 10.0.0.1 6060', false],
    ['to the NodePort, the endpoint serving', '192.168.0.2 30060 answered by 10.0.0.1 6060', false],
    ['to an endpoint that hints keep away', '172.30.0.1 5060 answered by 10.0.0.2 6060', false],
    ['to an endpoint that is going but serves', '172.30.0.1 5060 answered by 10.0.0.3 6060', false],
    ['to an endpoint that serves but is not ready', '172.30.0.1 5060 answered by 10.0.0.4 6060', false],
    ['to another node, policy Local, clusterIP', '172.30.0.2 5060 answered by 10.0.1.2 6060', false],
    ['to another node, policy Local, NodePort', '192.168.0.2 30062 answered by 10.0.1.2 6060', false],
    ['of a Service that nobody serves', '172.30.0.3 30060 answered by 10.0.2.9 6060', false],
    ['to a NodePort that nobody serves', '192.168.0.2 30063 answered by 10.0.2.9 6060', false],
    ['to an address whose port is a NodePort too', '172.30.0.4 30060 answered by 10.0.3.1 6060', false],
    ['to that address, the endpoint gone', '172.30.0.4 30060 answered by 10.0.0.1 6060', true],
    ['to the clusterIP at another port', '172.30.0.1 53 answered by 10.0.0.9 6060', false],
    ['to the number of a TCP port', '172.30.0.1 5061 answered by 10.0.0.9 6061', false],
    ['to the number of a TCP NodePort', '192.168.0.2 30061 answered by 10.0.0.9 6061', false],
    ['to a pod itself', '10.0.0.9 5060 answered by 10.0.0.9 5060', false],
    ['to an endpoint of a headless Service', '10.0.4.1 6060 answered by 10.0.4.1 6060', false],
    ["to another proxy's Service", '172.30.0.6 5060 answered by 10.0.5.9 6060', false],
  ])('%s: %s is stale: %s', (_, text, stale) => {
    expect(flowsOf('IPv4').isStale(flow(text))).toBe(stale);
  });

  test.each([
    ['fd00:172::1 5060 answered by fd00:10::9 6060', true],
    ['2001:db8:e::1 5060 answered by fd00:10::9 6060', true],
    ['fd00:192::2 30060 answered by fd00:10::9 6060', true],
    ['fd00:172::1 5060 answered by fd00:172::1 5060', true],
    ['fd00:172::1 5060 answered by fd00:10::1 6060', false],
    ['fd00:192::2 30060 answered by fd00:10::1 6060', false],
    // The Service has no clusterIP of the family: its NodePort leads nowhere.
    ['fd00:192::2 30062 answered by fd00:10::9 6060', false],
  ])('of IPv6, %s is stale: %s', (text, stale) => {
    expect(flowsOf('IPv6').isStale(flow(text))).toBe(stale);
  });
});

test.each([
  ['UDP', ['shop/phone', 'shop/local', 'shop/nobody', 'shop/clash']],
  ['TCP', ['shop/phone']],
] as const)('a Service without a routed %s port has no flows', (protocol, keys) => {
  const routed = entries.filter((entry) => routes(protocol, entry));
  expect(routed.map(({ service }) => service.key)).toEqual(keys);
});

test('nothing can be stale where nobody serves', () => {
  const flows = new StaleFlows('IPv4');
  for (const entry of entries.filter(({ service }) => service.name === 'nobody')) flows.add(entry);
  expect([flows.empty, flowsOf('IPv4').empty]).toEqual([true, false]);
});
