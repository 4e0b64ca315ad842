/** Why a Service does not work, as a person on call would say it: one row for each cause. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MachineView } from '../../../src/agent/explaining/view.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import type { Picture } from '../../../src/catalog/picture.ts';
import type { Problem } from '../../../src/kube/problem.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { nameHash } from '../../../src/proxy/iptables/rules/names.ts';
import type { ServiceRules } from '../../../src/proxy/iptables/rules/service.ts';
import { here, NODE, OUTSIDE, pictureOf, POD, service, slice } from '../../proxy/cluster.ts';
import { CAUSES } from '../../../src/explain/story/finding.ts';
import { endpointRecord, namespaceRecord, portRecord, serviceRecord } from '../../support/records.ts';
import { explained, type Situation } from '../explained.ts';

const IP = '10.96.0.20';
const LB = '203.0.113.80';
const shop = namespaceRecord('shop');
const web = (fields: Parameters<typeof service>[2] = {}): ObjectRecord => service('shop/web', IP, fields);
const two = slice('shop/web', ['10.0.1.1', '10.0.1.2']);

type Row = readonly [cause: string, verdict: string | RegExp, situation: Situation];

const ask = (records: readonly ObjectRecord[], more: Partial<Situation> = {}): Situation => ({
  asked: 'shop/web',
  records: [shop, ...records],
  ...more,
});

const unread = (): Picture => new Catalog({ nodeName: NODE }).picture;
const refused: Problem = {
  object: { kind: 'Service', namespace: 'shop', name: 'web' },
  field: '',
  message: 'iptables says no',
};
const lost: ServiceRules = { chains: [{ table: 'nat', name: 'KUBE-SVC-X', rules: [] }], hooks: [] };
const restored = (): Picture => ({ ...pictureOf([shop, web(), two]), restored: true });
const flows: MachineView['connections'] = (_family, _protocol, see) => {
  const flow = { destination: IP, destinationPort: 80, replySourcePort: 80 };
  see({ ...flow, replySource: '10.0.1.1' });
  see({ ...flow, replySource: '10.0.7.7' });
  see({ ...flow, destination: '10.96.0.77', replySource: '10.0.7.7' });
  return Promise.resolve();
};
/** xt_recent remembers the pod with the second endpoint. */
const lastEndpoint = (list: string): Promise<ReadonlySet<string>> =>
  Promise.resolve(new Set(list === `KUBE-SEP-${nameHash('shop/web:p80tcp10.0.1.2:80')}` ? [POD] : []));

const BROKEN: readonly Row[] = [
  // What was asked about.
  ['no-such-service', 'there is no Service shop/web', ask([])],
  [
    'no-such-service',
    /^there is no Service shop\/web, but other\/web: the search list/,
    ask([service('other/web', IP)]),
  ],
  ['no-such-service', /there is no namespace elsewhere either$/, ask([], { asked: 'db.elsewhere.svc' })],
  [
    'no-such-port',
    'Service shop/web has no port 8080: its ports are p80 80/TCP',
    ask([web()], { asked: `${IP}:8080` }),
  ],
  ['no-such-address', 'no Service has 10.96.0.99 port 80', ask([web()], { asked: '10.96.0.99:80' })],
  ['no-such-address', 'no Service has nodePort 30999', ask([web()], { asked: ':30999' })],
  [
    'not-a-service-name',
    /^example.com is not a name of this cluster/,
    ask([web()], { asked: 'example.com' }),
  ],
  [
    'ambiguous',
    'there are several: other/web and shop/web',
    ask([web(), service('other/web', '10.96.0.21')], { asked: 'web' }),
  ],
  [
    'unusable',
    /^the object cannot be used: Service shop\/web: spec.ports\[0\].port: 0/,
    ask([web({ ports: [portRecord({ port: 0 })] })]),
  ],
  [
    'not-read',
    'the cluster has not been read yet: connection refused',
    ask([], { view: { unread: () => 'connection refused', picture: unread } }),
  ],
  // Its kind.
  [
    'alias-unresolved',
    /^shop\/web does not work: it is an alias of db.example.com, which has no address: db.example.com could not be resolved$/,
    ask([serviceRecord('shop/web', { type: 'ExternalName', externalName: 'db.example.com' })]),
  ],
  ['no-address', /it has no clusterIP yet$/, ask([serviceRecord('shop/web')])],
  [
    'not-ready',
    /none of its 2 endpoints is ready/,
    ask([
      web(),
      slice('shop/web', [
        endpointRecord('10.0.1.1', { ready: false, podName: 'web-a', nodeName: 'n2' }),
        endpointRecord('10.0.1.2', { ready: false }),
      ]),
    ]),
  ],
  [
    'name-unanswered',
    /web.shop.svc.cluster.local has no A record \(NXDOMAIN, headless Service shop\/web has no ready endpoint\)$/,
    ask([web({ clusterIPs: ['None'] }), slice('shop/web', [endpointRecord('10.0.1.1', { ready: false })])]),
  ],
  // Its endpoints.
  ['no-slice', /it has no EndpointSlice$/, ask([web()])],
  [
    'no-pods',
    /its selector matches no pod: EndpointSlice web-x is empty$/,
    ask([web(), slice('shop/web', [])]),
  ],
  [
    'no-pods',
    /its selector matches no pod: EndpointSlice web-x is empty$/,
    ask([web({ clusterIPs: ['None'] }), slice('shop/web', [])]),
  ],
  [
    'no-selector',
    /it has no selector, and nobody has written an EndpointSlice for it$/,
    ask([web({ hasSelector: false })]),
  ],
  [
    'no-selector',
    /it has no selector, and EndpointSlice web-x is empty$/,
    ask([web({ hasSelector: false }), slice('shop/web', [])]),
  ],
  [
    'other-family',
    /IPv6: it has no IPv6 endpoints, only IPv4$/,
    ask([service('shop/web', [IP, 'fd00:96::20']), two]),
  ],
  [
    'port-mismatch',
    /no endpoint has a port named p80, TCP: EndpointSlice web-x has http 8080\/TCP$/,
    ask([web(), slice('shop/web', ['10.0.1.1'], { ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] })]),
  ],
  [
    'port-mismatch',
    /EndpointSlice web-x has no ports$/,
    ask([web(), slice('shop/web', ['10.0.1.1'], { ports: [] })]),
  ],
  [
    'no-local-endpoint',
    /internalTrafficPolicy is Local, and no endpoint is on node here; they are on n2$/,
    ask([
      web({ internalTrafficLocal: true }),
      slice('shop/web', [endpointRecord('10.0.1.1', { nodeName: 'n2' })]),
    ]),
  ],
  [
    'no-local-endpoint',
    /externalTrafficPolicy is Local, and no endpoint is on node here: packets of a client outside \(192.0.2.1\) to 192.168.0.2:30080 are dropped$/,
    ask(
      [
        web({
          type: 'NodePort',
          externalTrafficLocal: true,
          ports: [portRecord({ name: 'p80', nodePort: 30080 })],
        }),
        two,
      ],
      { asked: ':30080' },
    ),
  ],
  [
    'source-range',
    /203.0.113.2 is in none of its loadBalancerSourceRanges \(198.51.100.0\/24\)$/,
    ask(
      [
        web({
          type: 'LoadBalancer',
          ingress: [{ ip: LB, ipMode: '' }],
          loadBalancerSourceRanges: ['198.51.100.0/24'],
        }),
        two,
      ],
      { asked: LB, from: OUTSIDE },
    ),
  ],
  // Its rules.
  [
    'rules-refused',
    /the kernel does not take its rules: Service shop\/web: iptables says no$/,
    ask([web(), two], { routing: { refused: () => [refused] } }),
  ],
  [
    'rules-late',
    /its rules are not in the kernel: lock held$/,
    ask([web(), two], {
      spoil: () => '',
      routing: { waiting: () => ({ services: 3, seconds: 40, error: 'lock held' }) },
    }),
  ],
  [
    'rules-late',
    /its rules are still being written \(for 2 s\), and no rule takes packets of/,
    ask([web(), two], {
      spoil: () => '',
      routing: { waiting: () => ({ services: 1, seconds: 2, error: '' }) },
    }),
  ],
  ['no-rule', /no rule takes packets of .* to 10.96.0.20:80$/, ask([web(), two], { spoil: () => '' })],
  [
    'rules-changed',
    /somebody changed its rules, and no rule takes packets of .*: IPv4: nat has no chain KUBE-SVC-X$/,
    ask([web(), two], {
      spoil: () => '',
      routing: { wanted: (family) => (family === 'IPv4' ? lost : undefined) },
    }),
  ],
  [
    'astray',
    /rules lead 50 % of packets of .* to 10.96.0.20:80 to 10.0.9.9:80, which is no endpoint of it$/,
    ask([web(), two], {
      spoil: (rules) => rules.replaceAll('--to-destination 10.0.1.1:80', '--to-destination 10.0.9.9:80'),
    }),
  ],
  [
    'dropped',
    /a rule drops packets of 10.0.0.2 to 10.96.0.20:80: filter FORWARD: -s 10.0.0.2\/32 -j DROP$/,
    ask([web(), two], {
      from: POD,
      spoil: (rules) => `${rules}*filter\n-I FORWARD -s 10.0.0.2/32 -j DROP\nCOMMIT\n`,
    }),
  ],
  [
    'dropped',
    /a rule drops packets of 10.0.0.2 to 10.96.0.20:80: filter FORWARD: its policy$/,
    ask([web(), two], { from: POD, spoil: (rules) => `${rules}*filter\n:FORWARD DROP [0:0]\nCOMMIT\n` }),
  ],
  [
    'rejected',
    /a rule refuses packets of 10.0.0.2/,
    ask([web(), two], {
      from: POD,
      spoil: (rules) => `${rules}*filter\n-I FORWARD -d 10.0.1.0/24 -j REJECT\nCOMMIT\n`,
    }),
  ],
  // Its endpoints, tried.
  [
    'refused',
    /its only endpoint refuses connections: 10.0.1.1:80$/,
    ask([web(), slice('shop/web', ['10.0.1.1'])], { reach: { '10.0.1.1:80': 'refused' } }),
  ],
  [
    'no-answer',
    /all 2 endpoints that were tried do not answer: 10.0.1.1:80 \(no answer in time\) and 10.0.1.2:80 \(unreachable\)$/,
    ask([web(), two], { reach: { '10.0.1.1:80': 'timeout', '10.0.1.2:80': 'unreachable' } }),
  ],
  [
    'some-fail',
    /1 of 2 endpoints fails: 10.0.1.2:80 refuses connections, and so do their share of connections$/,
    ask([web(), two], { reach: { '10.0.1.2:80': 'refused' } }),
  ],
  [
    'pinned',
    /affinity holds 10.0.0.2 to 10.0.1.2:80, which does not answer$/,
    ask([web({ affinitySeconds: 60 }), two], {
      from: POD,
      reach: { '10.0.1.2:80': 'timeout' },
      machine: { remembered: lastEndpoint },
    }),
  ],
  [
    'refused',
    /its only endpoint refuses connections: 10.0.1.1:80$/,
    ask([web({ clusterIPs: ['None'] }), slice('shop/web', ['10.0.1.1'])], {
      reach: { '10.0.1.1:80': 'refused' },
    }),
  ],
  // Its name.
  [
    'name-unanswered',
    /nope.web.shop.svc.cluster.local has no A record \(NXDOMAIN/,
    ask([web(), two], { asked: 'nope.web.shop.svc.cluster.local' }),
  ],
];

test.each(BROKEN.map((row) => [`${row[0]}: ${String(row[1])}`, row] as const))(
  '%s',
  async (_, [cause, verdict, situation]) => {
    const told = await explained(situation);
    expect(told.verdict).toMatch(verdict);
    expect(told).toMatchObject({ cause, works: false });
  },
);

type Good = readonly [title: string, verdict: RegExp, more: readonly string[], situation: Situation];

const WORKING: readonly Good[] = [
  ['endpoints answer', /^shop\/web works: 2 of 2 endpoints answer$/, [], ask([web(), two])],
  [
    'by its DNS name',
    /works: 2 of 2 endpoints answer$/,
    [],
    ask([web(), two], { asked: 'web.shop.svc.cluster.local.' }),
  ],
  [
    'by a name without its domain',
    /works: 2 of 2 endpoints answer$/,
    [],
    ask([web(), two], { asked: 'web.shop' }),
  ],
  [
    'by its address and port',
    /works: 2 of 2 endpoints answer$/,
    [],
    ask([web(), two], { asked: `${IP}:80` }),
  ],
  [
    'by an endpoint',
    /works: its only endpoint answers$/,
    [],
    ask([web(), slice('shop/web', ['10.0.1.1'])], { asked: '10.0.1.1' }),
  ],
  [
    'UDP cannot be tried',
    /works: its rules lead to 1 endpoint, which was not tried$/,
    [],
    ask([
      web({ ports: [portRecord({ name: 'p80', protocol: 'UDP' })] }),
      slice('shop/web', ['10.0.1.1'], { ports: [{ name: 'p80', protocol: 'UDP', port: 80 }] }),
    ]),
  ],
  ['headless', /works: 2 of 2 endpoints answer$/, [], ask([web({ clusterIPs: ['None'] }), two])],
  [
    'an alias of a Service',
    /works: it is an alias of db.shop.svc.cluster.local, which resolves to 10.96.0.21$/,
    [],
    ask([
      serviceRecord('shop/web', { type: 'ExternalName', externalName: 'db.shop.svc.cluster.local' }),
      service('shop/db', '10.96.0.21'),
    ]),
  ],
  [
    'no local endpoint for clients outside',
    /works: .*; but$/,
    ['no-local-endpoint'],
    ask([
      web({
        type: 'NodePort',
        externalTrafficLocal: true,
        ports: [portRecord({ name: 'p80', nodePort: 30080 })],
      }),
      two,
    ]),
  ],
  [
    'only terminating endpoints',
    /works: .*; but$/,
    ['terminating'],
    ask([web(), slice('shop/web', [endpointRecord('10.0.1.1', { ready: false, terminating: true })])]),
  ],
  ['another proxy', /works: .*; but$/, ['other-proxy'], ask([web({ proxyName: 'other' }), two])],
  [
    'a relay tries the next endpoint',
    /works: .*; but$/,
    ['some-fail'],
    ask([web(), two], {
      reach: { '10.0.1.2:80': 'refused' },
      routing: { relay: () => '169.254.20.11:40000' },
    }),
  ],
  [
    'the node itself cannot connect',
    /works: .*; but$/,
    ['node-cannot-connect'],
    ask([web(), two], { reach: { '10.96.0.20:80': 'unreachable' } }),
  ],
  [
    'a client of another node',
    /works: .*; but$/,
    ['other-node'],
    ask([web(), slice('shop/web', [here('10.0.1.1'), endpointRecord('10.0.9.1', { nodeName: 'n2' })])], {
      from: '10.0.9.1',
    }),
  ],
  [
    'a rule that cannot be judged',
    /works: .*; but$/,
    ['not-followed'],
    ask([web(), two], {
      from: POD,
      spoil: (rules) => `${rules}*filter\n-I FORWARD -m quota --quota 1 -j DROP\nCOMMIT\n`,
    }),
  ],
  [
    'a part of it that cannot be used',
    /works: .*; but$/,
    ['partly-unusable'],
    ask([web({ ports: [portRecord({ name: 'p80' }), portRecord({ name: 'bad', port: 0 })] }), two]),
  ],
  [
    'a change whose rules are being written',
    /works: .*; but$/,
    ['name-late'],
    ask([web(), two], {
      view: { dns: { holds: () => true, claimed: () => [], leased: () => false, listening: () => true } },
    }),
  ],
  [
    'rules that somebody changed to no harm',
    /works: .*; but$/,
    ['rules-changed'],
    ask([web(), two], { routing: { wanted: (family) => (family === 'IPv4' ? lost : undefined) } }),
  ],
  [
    'routing is left to others',
    /works: .*; but$/,
    ['routing-off'],
    ask([web(), two], { view: { routing: undefined } }),
  ],
  [
    'UDP flows to an endpoint that is gone',
    /works: .*; but$/,
    ['stale-connections'],
    ask(
      [
        web({ ports: [portRecord({ name: 'p80', protocol: 'UDP' })] }),
        slice('shop/web', ['10.0.1.1'], { ports: [{ name: 'p80', protocol: 'UDP', port: 80 }] }),
      ],
      { machine: { connections: flows } },
    ),
  ],
  [
    'the snapshot of an earlier agent',
    /works: .*; but$/,
    ['not-read'],
    ask([web(), two], { view: { picture: restored } }),
  ],
];

test.each(WORKING)('works: %s', async (_, verdict, more, situation) => {
  const told = await explained(situation);
  expect(told.verdict).toMatch(verdict);
  expect(told).toMatchObject({ works: true, cause: 'works' });
  expect(told.more.map(({ cause }) => cause)).toEqual(more);
});

test('each cause has a row here, and is told to operators', () => {
  const rows = new Set([...BROKEN.map(([cause]) => cause), ...WORKING.flatMap(([, , more]) => more)]);
  expect(CAUSES.filter((cause) => !rows.has(cause))).toEqual([]);
  const operations = readFileSync(join(import.meta.dirname, '../../../docs/OPERATIONS.md'), 'utf8');
  expect(CAUSES.filter((cause) => !operations.includes(`\`${cause}\``))).toEqual([]);
});
