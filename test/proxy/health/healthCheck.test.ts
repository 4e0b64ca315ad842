import { expect, test } from 'vitest';
import { healthCheckOf } from '../../../src/proxy/health/healthCheck.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../../src/kube/records.ts';
import { endpointRecord } from '../../support/records.ts';
import { here, pictureOf, service, slice } from '../cluster.ts';

const CHECKED: Partial<ServiceRecord> = {
  type: 'LoadBalancer',
  externalTrafficLocal: true,
  healthCheckNodePort: 30_000,
};

function checkOf(fields: Partial<ServiceRecord>, ...slices: readonly EndpointSliceRecord[]) {
  const { services } = pictureOf([
    service('shop/web', ['172.30.0.1', 'fd00:172::1'], { ...CHECKED, ...fields }),
    ...slices,
  ]);
  const entry = services.get('shop/web');
  return entry && healthCheckOf(entry);
}

test.each<readonly [string, Partial<ServiceRecord>, number | undefined]>([
  ['a load balancer under policy Local', {}, 30_000],
  ['under policy Cluster', { externalTrafficLocal: false }, undefined],
  ['a NodePort Service', { type: 'NodePort' }, undefined],
  ['without the port', { healthCheckNodePort: 0 }, undefined],
  ["another proxy's", { proxyName: 'other' }, undefined],
])('%s is checked at %s', (_, fields, port) => {
  expect(checkOf(fields)?.port).toBe(port);
});

const v6 = { name: 'web-6', addressType: 'IPv6' };

test.each<readonly [string, readonly EndpointSliceRecord[], v4: number, v6: number]>([
  ['none', [], 0, 0],
  ['two here', [slice('shop/web', [here('10.0.1.1'), here('10.0.1.2')])], 2, 0],
  ['one here, one elsewhere', [slice('shop/web', [here('10.0.1.1'), endpointRecord('10.0.2.1')])], 1, 0],
  [
    'one not ready, all that is left is terminating',
    [
      slice('shop/web', [
        here('10.0.1.1', { ready: false, serving: false }),
        here('10.0.1.2', { ready: false, serving: true, terminating: true }),
        here('10.0.1.3', { ready: false, serving: false, terminating: true }),
      ]),
    ],
    0,
    0,
  ],
  [
    'published before ready, and terminating',
    [slice('shop/web', [here('10.0.1.1', { ready: true, terminating: true })])],
    0,
    0,
  ],
  [
    'one address on two ports in two slices',
    [
      slice('shop/web', [here('10.0.1.1')]),
      slice('shop/web', [here('10.0.1.1'), here('10.0.1.2')], {
        name: 'web-y',
        ports: [{ name: 'p443', protocol: 'TCP', port: 443 }],
      }),
    ],
    2,
    0,
  ],
  [
    'each family for itself',
    [slice('shop/web', [here('10.0.1.1'), here('10.0.1.2')]), slice('shop/web', [here('fd00::1')], v6)],
    2,
    1,
  ],
])('local and ready: %s', (_, slices, ipv4, ipv6) => {
  expect([...(checkOf({}, ...slices)?.localReady ?? [])]).toEqual([
    ['IPv4', ipv4],
    ['IPv6', ipv6],
  ]);
});

test('a family without a clusterIP has no answer', () => {
  expect([...(checkOf({ clusterIPs: ['172.30.0.1'] })?.localReady.keys() ?? [])]).toEqual(['IPv4']);
});
