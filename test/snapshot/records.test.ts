/** A picture that was made from records, and again from the records that it became, is the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { recordsOf } from '../../src/snapshot/records.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  podRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';
import { catalogOf, saidBy } from './support.ts';

const name = fc.constantFrom('a', 'b', 'c');
const address = fc.integer({ min: 1, max: 6 }).map((n) => `10.0.0.${n}`);
const port = fc.record({
  name: fc.constantFrom('', 'http', 'dns'),
  protocol: fc.constantFrom('TCP', 'UDP', 'QUIC'),
  port: fc.constantFrom(0, 53, 80),
  nodePort: fc.constantFrom(0, 30_000, 30_001),
});
const service = fc
  .record({
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'Other'),
    clusterIPs: fc.constantFrom([], ['None'], ['10.96.0.1'], ['10.96.0.2', 'fd00::2'], ['nonsense']),
    ports: fc.array(port, { maxLength: 3 }),
    externalIPs: fc.array(address, { maxLength: 2 }),
    ingress: fc.array(fc.record({ ip: address, ipMode: fc.constantFrom('', 'VIP', 'Proxy', '?') }), {
      maxLength: 2,
    }),
    loadBalancerSourceRanges: fc.constantFrom([], ['10.0.0.0/8'], ['nonsense']),
    externalName: fc.constantFrom('example.com', 'Example.COM.', ''),
    affinitySeconds: fc.constantFrom(0, 10, -1),
    externalTrafficLocal: fc.boolean(),
    internalTrafficLocal: fc.boolean(),
    healthCheckNodePort: fc.constantFrom(0, 30_000, 30_005),
    proxyName: fc.constantFrom('', 'mine'),
    mode: fc.constantFrom('', 'userspace', '?'),
    proxyProtocol: fc.constantFrom('', 'v2', 'v1'),
    hasSelector: fc.boolean(),
  })
  .chain((fields) => name.map((n) => serviceRecord(`shop/${n}`, fields)));
const endpoint = fc
  .tuple(
    address,
    fc.boolean(),
    fc.boolean(),
    fc.constantFrom('', 'n1', 'n2'),
    fc.constantFrom('', 'web', '-'),
  )
  .map(([ip, ready, terminating, nodeName, hostname]) =>
    endpointRecord(ip, {
      ready,
      terminating,
      nodeName,
      hostname,
      zone: 'z1',
      zoneHints: ['z1'],
      podName: 'p',
    }),
  );
const slice = fc
  .tuple(name, fc.constantFrom('x', 'y'), fc.array(endpoint, { maxLength: 3 }), fc.constantFrom(0, 80))
  .map(([n, suffix, endpoints, number]) =>
    sliceRecord(`shop/${n}-${suffix}`, {
      endpoints,
      triggeredAt: 5,
      ports: [{ name: 'http', protocol: 'TCP', port: number }],
    }),
  );
const records: fc.Arbitrary<ObjectRecord[]> = fc.array(fc.oneof(service, slice), { maxLength: 12 });

test('for any cluster', () => {
  fc.assert(
    fc.property(records, (told) => {
      const node = nodeRecord('n1', { addresses: ['192.0.2.1'], podCIDRs: ['10.0.0.0/24'], zone: 'z1' });
      const { picture } = catalogOf([namespaceRecord('shop'), node, ...told]);
      const again = catalogOf(recordsOf(picture)).picture;
      expect(saidBy(again)).toEqual(saidBy(picture));
    }),
    { numRuns: 300 },
  );
});

test('Pods are left out', () => {
  const pod = podRecord('shop/web-1', { ips: ['10.0.0.1'] });
  const { picture } = catalogOf([
    namespaceRecord('shop'),
    pod,
    serviceRecord('shop/web', { ports: [portRecord()] }),
  ]);
  expect(picture.pods.size).toBe(1);
  expect([...recordsOf(picture)].map(({ kind }) => kind)).toEqual(['Namespace', 'Service']);
});
