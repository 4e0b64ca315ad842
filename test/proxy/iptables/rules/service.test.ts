/** One table for each family of rules. Rows say what is different from a plain clusterIP with one endpoint. */
import { describe, expect, test } from 'vitest';
import { type RuleOptions, ruleOptions } from '../../../../src/proxy/iptables/rules/options.ts';
import { ROOTS } from '../../../../src/proxy/iptables/rules/roots.ts';
import { serviceRules } from '../../../../src/proxy/iptables/rules/service.ts';
import { ruleText } from '../../../../src/proxy/iptables/rules/text.ts';
import type { PortPlan } from '../../../../src/proxy/plan/servicePlan.ts';
import { proxySettings } from '../../cluster.ts';
import { plan, portEndpoint } from '../../plans.ts';

const CAPABLE = { affinity: true, randomFully: true, dropInvalid: true };
const OPTIONS = ruleOptions(proxySettings(), 'IPv4', CAPABLE, false);
const PLAIN = { ...OPTIONS, localTraffic: undefined };
const H = '67NZLRHBNDSAWJRO';

/** Rules of the shared chains as `TABLE CHAIN RULE`. */
function hooks(fields: Partial<PortPlan>, options: RuleOptions = OPTIONS): string[] {
  return serviceRules([plan(fields)], options).hooks.map(({ root, entry }) => {
    const { table, chain } = ROOTS[root];
    return `${table} ${chain} ${entry.slice(entry.indexOf(' ') + 1)}`;
  });
}

/** Rules of the one chain with this prefix. */
function chain(
  prefix: string,
  fields: Partial<PortPlan>,
  options: RuleOptions = OPTIONS,
): string[] | undefined {
  const found = serviceRules([plan(fields)], options).chains.filter(({ name }) => name.startsWith(prefix));
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.rules.map(ruleText);
}

const TWO = [portEndpoint('10.0.1.1:8080'), portEndpoint('10.0.1.2:8080')];
const TO_CLUSTER_IP = '-m tcp -p tcp -d 172.30.0.41 --dport 80';
const NONE = { cluster: [], reachable: [], hasEndpoints: false, hasInternal: false, hasExternal: false };
const NOT_HERE = { externalLocal: true, hasExternal: false };
const VIP = { external: true, loadBalancerVIPs: ['192.0.2.1'] };

describe('hooks', () => {
  test.each<readonly [string, Partial<PortPlan>, readonly string[]]>([
    [
      'clusterIP',
      {},
      [`nat KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" ${TO_CLUSTER_IP} -j KUBE-SVC-${H}`],
    ],
    [
      'clusterIP, internal policy Local',
      { internalLocal: true, local: TWO },
      [`nat KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" ${TO_CLUSTER_IP} -j KUBE-SVL-${H}`],
    ],
    [
      'clusterIP without endpoints',
      NONE,
      [
        `filter KUBE-SERVICES -m comment --comment "shop/web:http has no endpoints" ${TO_CLUSTER_IP} -j REJECT`,
      ],
    ],
    [
      'clusterIP without endpoints here',
      { internalLocal: true, hasInternal: false },
      [
        `filter KUBE-SERVICES -m comment --comment "shop/web:http has no local endpoints" ${TO_CLUSTER_IP} -j DROP`,
      ],
    ],
  ])('%s', (_, fields, expected) => {
    expect(hooks(fields)).toEqual(expected);
  });

  test.each<readonly [string, Partial<PortPlan>, readonly string[]]>([
    [
      'external IP',
      { external: true, externalIPs: ['198.51.100.1'] },
      [
        `nat KUBE-SERVICES -m comment --comment "shop/web:http external IP" -m tcp -p tcp -d 198.51.100.1 --dport 80 -j KUBE-EXT-${H}`,
      ],
    ],
    [
      'external IP without endpoints',
      { ...NONE, external: true, externalIPs: ['198.51.100.1'] },
      [
        'filter KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:http has no endpoints" -m tcp -p tcp -d 198.51.100.1 --dport 80 -j REJECT',
      ],
    ],
    [
      'external IP without endpoints here: pods still get through',
      { ...NOT_HERE, external: true, externalIPs: ['198.51.100.1'] },
      [
        `nat KUBE-SERVICES -m comment --comment "shop/web:http external IP" -m tcp -p tcp -d 198.51.100.1 --dport 80 -j KUBE-EXT-${H}`,
        'filter KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:http has no local endpoints" -m tcp -p tcp -d 198.51.100.1 --dport 80 -j DROP',
      ],
    ],
    [
      'load balancer',
      VIP,
      [
        `nat KUBE-SERVICES -m comment --comment "shop/web:http loadbalancer IP" -m tcp -p tcp -d 192.0.2.1 --dport 80 -j KUBE-EXT-${H}`,
      ],
    ],
    [
      'load balancer for some sources',
      { ...VIP, firewalled: true, sourceRanges: ['203.0.113.0/25'] },
      [
        `nat KUBE-SERVICES -m comment --comment "shop/web:http loadbalancer IP" -m tcp -p tcp -d 192.0.2.1 --dport 80 -j KUBE-FW-${H}`,
        `filter KUBE-PROXY-FIREWALL -m comment --comment "shop/web:http traffic not accepted by KUBE-FW-${H}" -m tcp -p tcp -d 192.0.2.1 --dport 80 -j DROP`,
      ],
    ],
    [
      'NodePort',
      { external: true, nodePort: 30_080 },
      [`nat KUBE-NODEPORTS -m comment --comment shop/web:http -m tcp -p tcp --dport 30080 -j KUBE-EXT-${H}`],
    ],
    [
      'NodePort without endpoints',
      { ...NONE, external: true, nodePort: 30_080 },
      [
        'filter KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT',
      ],
    ],
    [
      'health check NodePort, whatever the endpoints',
      { ...NONE, healthCheckNodePort: 30_001 },
      [
        'filter KUBE-NODEPORTS -m comment --comment "shop/web:http health check node port" -m tcp -p tcp --dport 30001 -j ACCEPT',
      ],
    ],
  ])('%s', (_, fields, expected) => {
    expect(hooks(fields).slice(1)).toEqual(expected);
  });
});

describe('KUBE-EXT', () => {
  const external = { external: true, nodePort: 30_080 };
  const OUTSIDE = 'shop/web:http external destinations';
  const shortCuts = [
    `-m comment --comment "masquerade LOCAL traffic for ${OUTSIDE}" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `-m comment --comment "route LOCAL traffic for ${OUTSIDE}" -m addrtype --src-type LOCAL -j KUBE-SVC-${H}`,
  ];
  const pods = `-m comment --comment "pod traffic for ${OUTSIDE}" -s 10.0.0.0/8 -j KUBE-SVC-${H}`;

  test.each<readonly [string, Partial<PortPlan>, RuleOptions, readonly string[] | undefined]>([
    ['is not there for a clusterIP alone', {}, OPTIONS, undefined],
    ['is not there without endpoints', { ...external, ...NONE }, OPTIONS, undefined],
    [
      'masquerades under policy Cluster',
      external,
      OPTIONS,
      [`-m comment --comment "masquerade traffic for ${OUTSIDE}" -j KUBE-MARK-MASQ`, `-j KUBE-SVC-${H}`],
    ],
    [
      'keeps the source under policy Local',
      { ...external, externalLocal: true, local: TWO },
      OPTIONS,
      [pods, ...shortCuts, `-j KUBE-SVL-${H}`],
    ],
    [
      'has only the ways of pods and node where no endpoint is',
      { ...external, ...NOT_HERE },
      OPTIONS,
      [pods, ...shortCuts],
    ],
    [
      'knows no pods without their ranges',
      { ...external, externalLocal: true, local: TWO },
      PLAIN,
      [...shortCuts, `-j KUBE-SVL-${H}`],
    ],
  ])('%s', (_, fields, options, expected) => {
    expect(chain('KUBE-EXT-', fields, options)).toEqual(expected);
  });
});

describe('KUBE-FW', () => {
  const guarded = { ...VIP, firewalled: true, sourceRanges: ['203.0.113.0/25', '192.168.0.0/24'] };
  const allow = (prefix: string): string =>
    `-m comment --comment "shop/web:http loadbalancer IP" -s ${prefix} -j KUBE-EXT-${H}`;
  const end = '-m comment --comment "other traffic to shop/web:http will be dropped by KUBE-PROXY-FIREWALL"';

  test.each<readonly [string, Partial<PortPlan>, readonly string[] | undefined]>([
    ['is not there without ranges', VIP, undefined],
    ['lets the ranges pass', guarded, [allow('203.0.113.0/25'), allow('192.168.0.0/24'), end]],
    [
      'lets the VIP pass when the node may: it is then the source of what the node sends there',
      { ...guarded, nodeInSourceRanges: true },
      [allow('203.0.113.0/25'), allow('192.168.0.0/24'), allow('192.0.2.1'), end],
    ],
  ])('%s', (_, fields, expected) => {
    expect(chain('KUBE-FW-', fields)).toEqual(expected);
  });
});

describe('KUBE-SVC and KUBE-SVL', () => {
  const A = 'KUBE-SEP-YDXNKP5W7TRAUXFD';
  const B = 'KUBE-SEP-KISPSPGS4OMC5FG6';
  const masquerade = `-m comment --comment "shop/web:http cluster IP" ${TO_CLUSTER_IP}`;
  const half = `-m statistic --mode random --probability 0.5000000000 -j ${A}`;
  const both = { cluster: TWO, reachable: TWO };

  test.each<readonly [string, Partial<PortPlan>, RuleOptions, readonly string[]]>([
    ['shares among endpoints', both, PLAIN, [half, `-j ${B}`]],
    [
      'masquerades what comes from outside the pods',
      both,
      OPTIONS,
      [`${masquerade} ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ`, half, `-j ${B}`],
    ],
    [
      'masquerades everything when told so',
      both,
      { ...OPTIONS, masqueradeAll: true },
      [`${masquerade} -j KUBE-MARK-MASQ`, half, `-j ${B}`],
    ],
    [
      'masquerades nothing where the clusterIP does not lead to it',
      { ...both, internalLocal: true, hasInternal: false },
      OPTIONS,
      [half, `-j ${B}`],
    ],
    [
      'asks for remembered clients first',
      { ...both, affinitySeconds: 60 },
      PLAIN,
      [
        `-m recent --name ${A} --rcheck --seconds 60 --reap -j ${A}`,
        `-m recent --name ${B} --rcheck --seconds 60 --reap -j ${B}`,
        half,
        `-j ${B}`,
      ],
    ],
    [
      'cannot remember without xt_recent',
      { ...both, affinitySeconds: 60 },
      { ...PLAIN, affinity: false },
      [half, `-j ${B}`],
    ],
    [
      'names endpoints when comments are wanted',
      both,
      { ...PLAIN, endpointComments: true },
      [
        `-m comment --comment "shop/web:http -> 10.0.1.1:8080" ${half}`,
        `-m comment --comment "shop/web:http -> 10.0.1.2:8080" -j ${B}`,
      ],
    ],
  ])('%s', (_, fields, options, expected) => {
    expect(chain('KUBE-SVC-', fields, options)).toEqual(expected);
  });

  test('Local has a chain of its own, and the clusterIP masquerades in the one it leads to', () => {
    const fields = { ...both, internalLocal: true, local: TWO.slice(0, 1) };
    expect(chain('KUBE-SVL-', fields)).toEqual([
      `${masquerade} ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ`,
      `-j ${A}`,
    ]);
    expect(chain('KUBE-SVC-', fields)).toEqual([half, `-j ${B}`]);
  });
});

describe('KUBE-SEP', () => {
  const SEP = 'KUBE-SEP-YDXNKP5W7TRAUXFD';
  test.each<readonly [string, Partial<PortPlan>, RuleOptions, readonly string[]]>([
    [
      'masquerades an endpoint that is sent to itself, and rewrites',
      {},
      OPTIONS,
      ['-s 10.0.1.1 -j KUBE-MARK-MASQ', '-m tcp -p tcp -j DNAT --to-destination 10.0.1.1:8080'],
    ],
    [
      'remembers the client',
      { affinitySeconds: 60 },
      OPTIONS,
      [
        '-s 10.0.1.1 -j KUBE-MARK-MASQ',
        `-m recent --name ${SEP} --set -m tcp -p tcp -j DNAT --to-destination 10.0.1.1:8080`,
      ],
    ],
    [
      'names the Service when comments are wanted',
      {},
      { ...OPTIONS, endpointComments: true },
      [
        '-m comment --comment shop/web:http -s 10.0.1.1 -j KUBE-MARK-MASQ',
        '-m comment --comment shop/web:http -m tcp -p tcp -j DNAT --to-destination 10.0.1.1:8080',
      ],
    ],
  ])('%s', (_, fields, options, expected) => {
    expect(chain('KUBE-SEP-', fields, options)).toEqual(expected);
  });

  test('IPv6 addresses are in brackets where a port follows, and only there', () => {
    const endpoints = [portEndpoint('[fd00::5]:80')];
    expect(chain('KUBE-SEP-', { cluster: endpoints, reachable: endpoints })).toEqual([
      '-s fd00::5 -j KUBE-MARK-MASQ',
      '-m tcp -p tcp -j DNAT --to-destination [fd00::5]:80',
    ]);
  });
});

/** Names of the chains of its own, by prefix, each once. */
function prefixes(fields: Partial<PortPlan>): string[] {
  const names = serviceRules([plan(fields)], OPTIONS).chains.map(({ name }) => name);
  return [...new Set(names.map((name) => name.slice(0, 8)))].toSorted();
}

test.each<readonly [string, Partial<PortPlan>, readonly string[]]>([
  ['reached by its clusterIP', {}, ['KUBE-SEP', 'KUBE-SVC']],
  ['with endpoints here only', { internalLocal: true, cluster: [], local: TWO }, ['KUBE-SEP', 'KUBE-SVL']],
  ['with a NodePort', { external: true, nodePort: 30_000 }, ['KUBE-EXT', 'KUBE-SEP', 'KUBE-SVC']],
  [
    'under both policies',
    { external: true, nodePort: 30_000, externalLocal: true, local: TWO },
    ['KUBE-EXT', 'KUBE-SEP', 'KUBE-SVC', 'KUBE-SVL'],
  ],
  [
    'with sources that may use it',
    { ...VIP, firewalled: true },
    ['KUBE-EXT', 'KUBE-FW-', 'KUBE-SEP', 'KUBE-SVC'],
  ],
  ['that nobody serves', NONE, []],
  ['from outside that nobody serves', { ...NONE, external: true, nodePort: 30_000 }, []],
])('a port %s has the chains that something leads into, and no other', (_, fields, expected) => {
  expect(prefixes(fields)).toEqual(expected);
});
