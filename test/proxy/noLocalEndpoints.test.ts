import { expect, test } from 'vitest';
import { NO_CHANGES } from '../../src/proxy/changes.ts';
import { NoLocalEndpoints } from '../../src/proxy/noLocalEndpoints.ts';
import { endpointRecord, nodeRecord } from '../support/records.ts';
import { here, loadedCatalog, NODE, service, slice } from './cluster.ts';

const REPORT = { services: 0, restores: 0, milliseconds: 0, setAside: [], byFamily: [] };
const there = endpointRecord('10.0.2.1', { nodeName: 'there' });
const leaving = here('10.0.1.9', { ready: false, terminating: true });

/** kube-proxy's TestNoEndpointsMetric, and what it leaves out. */
test.each<
  readonly [
    name: string,
    policies: readonly ('internal' | 'external')[],
    endpoints: Parameters<typeof slice>[1],
    expected: readonly [internal: number, external: number],
  ]
>([
  ['internal Local, one here', ['internal'], [here('10.0.1.1'), there], [0, 0]],
  ['external Local, one here', ['external'], [here('10.0.1.1'), there], [0, 0]],
  ['both Local, one here', ['internal', 'external'], [here('10.0.1.1'), there], [0, 0]],
  ['internal Local, none here', ['internal'], [there], [1, 0]],
  ['external Local, none here', ['external'], [there], [0, 1]],
  ['both Local, none here', ['internal', 'external'], [there], [1, 1]],
  ['both Local, none anywhere', ['internal', 'external'], [], [0, 0]],
  ['both Cluster, none here', [], [there], [0, 0]],
  ['one here that is leaving still serves', ['internal', 'external'], [leaving, there], [0, 0]],
])('%s', (_, policies, endpoints, [internal, external]) => {
  const counted = new NoLocalEndpoints({ nodeName: NODE, dnsService: '', families: () => ['IPv4', 'IPv6'] });
  const catalog = loadedCatalog([
    nodeRecord(NODE),
    service('shop/web', ['172.30.0.1', 'fd00:172::1'], {
      type: 'NodePort',
      ports: [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30_080 }],
      internalTrafficLocal: policies.includes('internal'),
      externalTrafficLocal: policies.includes('external'),
    }),
    slice('shop/web', endpoints),
  ]);
  const { picture } = catalog;
  counted.synced(REPORT, true, { picture, changes: undefined });
  expect(['internal', 'external'].map((side) => counted.count('IPv4', side as 'internal'))).toEqual([
    internal,
    external,
  ]);
  expect(counted.count('IPv6', 'internal') + counted.count('IPv6', 'external')).toBe(0);

  catalog.upsert(slice('shop/web', [here('10.0.1.1')]));
  catalog.publish();
  counted.synced(REPORT, false, { picture, changes: NO_CHANGES });
  expect(counted.count('IPv4', 'internal')).toBe(internal);
  counted.synced(REPORT, false, { picture, changes: { ...NO_CHANGES, services: new Set(['shop/web']) } });
  expect([counted.count('IPv4', 'internal'), counted.count('IPv4', 'external')]).toEqual([0, 0]);
});
