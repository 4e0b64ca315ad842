import { describe, expect, test } from 'vitest';
import type { EndpointRecord, ServiceRecord } from '../../../src/kube/records.ts';
import { planService, type PortPlan } from '../../../src/proxy/plan/servicePlan.ts';
import { endpointRecord, portRecord } from '../../support/records.ts';
import { here, pictureOf, service, slice } from '../cluster.ts';
import { planNode } from '../plans.ts';

const HERE = '10.0.1.1';
const THERE = '10.0.2.2';
const there = (fields: Partial<EndpointRecord> = {}): EndpointRecord =>
  endpointRecord(THERE, { nodeName: 'other', ...fields });
const LEAVING = { ready: false, terminating: true };

function plans(
  fields: Partial<ServiceRecord>,
  endpoints: readonly EndpointRecord[],
  family: 'IPv4' | 'IPv6' = 'IPv4',
  dnsService = '',
): readonly PortPlan[] {
  const picture = pictureOf([
    service('shop/web', ['172.30.0.1', 'fd00:172::1'], fields),
    slice('shop/web', endpoints),
  ]);
  const entry = picture.services.get('shop/web');
  if (entry === undefined) throw new Error('the catalog took no Service');
  return planService(entry, family, planNode, dnsService);
}

/** What decides on rules, in short. */
function decisions(plan: PortPlan | undefined): object | undefined {
  if (plan === undefined) return undefined;
  const addresses = (list: PortPlan['cluster']): string =>
    list.map(({ address }) => (address === HERE ? 'here' : 'there')).join();
  const { hasEndpoints, hasInternal, hasExternal, firewalled } = plan;
  return {
    cluster: addresses(plan.cluster),
    local: addresses(plan.local),
    reachable: addresses(plan.reachable),
    flags: Object.entries({ hasEndpoints, hasInternal, hasExternal, firewalled })
      .filter(([, value]) => value)
      .map(([name]) => name)
      .join(' '),
  };
}

const NODE_PORT = { type: 'NodePort', ports: [portRecord({ name: 'p80', nodePort: 30_080 })] };
const BALANCED = { type: 'LoadBalancer', ingress: [{ ip: '192.0.2.1', ipMode: '' }] };
const ALL = 'hasEndpoints hasInternal hasExternal';

test.each<readonly [string, Partial<ServiceRecord>, readonly EndpointRecord[], object]>([
  [
    'a clusterIP',
    {},
    [here(HERE), there()],
    { cluster: 'here,there', local: '', reachable: 'here,there', flags: ALL },
  ],
  ['no endpoints', {}, [], { cluster: '', local: '', reachable: '', flags: '' }],
  [
    'none that is ready',
    {},
    [here(HERE, { ready: false })],
    { cluster: '', local: '', reachable: '', flags: '' },
  ],
  [
    'the last ones, leaving',
    {},
    [there(LEAVING)],
    { cluster: 'there', local: '', reachable: 'there', flags: ALL },
  ],
  [
    'internal policy Local',
    { internalTrafficLocal: true },
    [here(HERE), there()],
    { cluster: '', local: 'here', reachable: 'here', flags: ALL },
  ],
  [
    'internal policy Local, none here',
    { internalTrafficLocal: true },
    [there()],
    { cluster: '', local: '', reachable: '', flags: 'hasEndpoints hasExternal' },
  ],
  [
    'internal policy Local with a NodePort: outside traffic goes anywhere',
    { ...NODE_PORT, internalTrafficLocal: true },
    [there()],
    { cluster: 'there', local: '', reachable: 'there', flags: 'hasEndpoints hasExternal' },
  ],
  [
    'external policy Local',
    { ...NODE_PORT, externalTrafficLocal: true },
    [here(HERE), there()],
    { cluster: 'here,there', local: 'here', reachable: 'here,there', flags: ALL },
  ],
  [
    'external policy Local, none here',
    { ...NODE_PORT, externalTrafficLocal: true },
    [there()],
    { cluster: 'there', local: '', reachable: 'there', flags: 'hasEndpoints hasInternal' },
  ],
  [
    'external policy Local, the one here is leaving',
    { ...NODE_PORT, externalTrafficLocal: true },
    [here(HERE, LEAVING), there()],
    { cluster: 'there', local: 'here', reachable: 'here,there', flags: ALL },
  ],
  [
    'a load balancer for some sources',
    { ...BALANCED, loadBalancerSourceRanges: ['203.0.113.0/25'] },
    [there()],
    { cluster: 'there', local: '', reachable: 'there', flags: `${ALL} firewalled` },
  ],
  [
    'a load balancer for some sources, without endpoints',
    { ...BALANCED, loadBalancerSourceRanges: ['203.0.113.0/25'] },
    [],
    { cluster: '', local: '', reachable: '', flags: '' },
  ],
])('%s', (_, fields, endpoints, expected) => {
  expect(decisions(plans(fields, endpoints)[0])).toEqual(expected);
});

describe('a plan', () => {
  test('is of one family', () => {
    const fields = {
      ...BALANCED,
      externalIPs: ['198.51.100.1', '2001:db8::1'],
      loadBalancerSourceRanges: ['203.0.113.0/25', '2001:db8:2::/48'],
    };
    expect(plans(fields, [there()], 'IPv6')[0]).toMatchObject({
      clusterIP: 'fd00:172::1',
      externalIPs: ['2001:db8::1'],
      loadBalancerVIPs: [],
      sourceRanges: ['2001:db8:2::/48'],
      hasEndpoints: false,
    });
  });

  test.each<readonly [string, Partial<ServiceRecord>]>([
    ['headless', { clusterIPs: ['None'] }],
    ['ExternalName', { type: 'ExternalName', externalName: 'example.com' }],
    ['of the other family only', { clusterIPs: ['fd00:172::1'] }],
    ['routed by another proxy', { proxyName: 'mesh' }],
  ])('is not made for a Service that is %s', (_, fields) => {
    expect(plans(fields, [there()])).toEqual([]);
  });

  test.each([
    [['192.168.0.0/24'], true],
    [['192.168.1.0/24'], false],
    [['192.168.1.0/24', '0.0.0.0/0'], true],
  ])('knows whether the node is in %j: %s', (loadBalancerSourceRanges, expected) => {
    expect(plans({ ...BALANCED, loadBalancerSourceRanges }, [there()])[0]?.nodeInSourceRanges).toBe(expected);
  });

  test.each([
    ['p80', 'shop/web:p80'],
    ['', 'shop/web'],
  ])('of port %j is called %s', (name, expected) => {
    expect(plans({ ports: [portRecord({ name })] }, [])[0]?.name).toBe(expected);
  });
});

describe('the DNS Service', () => {
  const way = (fields: Partial<ServiceRecord>, endpoints: readonly EndpointRecord[]): object | undefined =>
    decisions(plans(fields, endpoints, 'IPv4', 'shop/web')[0]);

  test.each<readonly [string, Partial<ServiceRecord>, readonly EndpointRecord[], object]>([
    [
      'leaves out the endpoint here: it is the agent, and these rules are for when it is dead',
      {},
      [here(HERE), there()],
      { cluster: 'there', local: '', reachable: 'there', flags: ALL },
    ],
    [
      'keeps it when it is the only one',
      {},
      [here(HERE), there({ ready: false })],
      { cluster: 'here', local: '', reachable: 'here', flags: ALL },
    ],
    [
      'prefers one that is leaving elsewhere',
      {},
      [here(HERE), there(LEAVING)],
      { cluster: 'there', local: '', reachable: 'there', flags: ALL },
    ],
    [
      'keeps it under policy Local, which asks for it',
      { internalTrafficLocal: true },
      [here(HERE), there()],
      { cluster: '', local: 'here', reachable: 'here', flags: ALL },
    ],
  ])('%s', (_, fields, endpoints, expected) => {
    expect(way(fields, endpoints)).toEqual(expected);
  });
});
