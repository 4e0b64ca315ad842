import { describe, expect, test } from 'vitest';
import {
  type RelayLookup,
  type RuleOptions,
  ruleOptions,
} from '../../../../src/proxy/iptables/rules/options.ts';
import { serviceRules } from '../../../../src/proxy/iptables/rules/service.ts';
import { ruleText } from '../../../../src/proxy/iptables/rules/text.ts';
import type { PortPlan } from '../../../../src/proxy/plan/servicePlan.ts';
import { ALL_CAPABILITIES } from '../../../../src/proxy/iptables/rules/options.ts';
import { proxySettings } from '../../cluster.ts';
import { plan, portEndpoint } from '../../plans.ts';

const H = '67NZLRHBNDSAWJRO';
const PORTS = { cluster: '169.254.20.11:4001', local: '169.254.20.11:4002' };
const everything: RelayLookup = (_plan, _family, reach) => PORTS[reach];
const LOCAL = [portEndpoint('10.0.1.1:8080')];
const ALL = [...LOCAL, portEndpoint('10.0.2.1:8080')];
const OUTSIDE = { external: true, nodePort: 30_000, cluster: ALL, reachable: ALL };

function chains(fields: Partial<PortPlan>, relay: RelayLookup): Record<string, string[]> {
  const options: RuleOptions = ruleOptions(proxySettings(), 'IPv4', ALL_CAPABILITIES, true, [], {
    lookup: relay,
    listenAddress: () => undefined,
  });
  const found = serviceRules([plan(fields)], options).chains;
  return Object.fromEntries(found.map(({ name, rules }) => [name, rules.map(ruleText)]));
}

const toRelay = (to: string): string =>
  `-m comment --comment "shop/web:http carried by the agent" -m tcp -p tcp -j DNAT --to-destination ${to}`;

describe('chains of a port that is relayed', () => {
  test('lead to the relay, whatever the endpoints', () => {
    expect(chains({}, everything)).toEqual({ [`KUBE-SVC-${H}`]: [toRelay(PORTS.cluster)] });
    expect(chains({ cluster: ALL, reachable: ALL, affinitySeconds: 60 }, everything)).toEqual(
      chains({}, everything),
    );
  });

  test('keep what decides who may use which endpoints', () => {
    const fields = { ...OUTSIDE, externalLocal: true, local: LOCAL };
    const relayed = chains(fields, everything);
    expect(relayed[`KUBE-SVL-${H}`]).toEqual([toRelay(PORTS.local)]);
    expect(relayed[`KUBE-SVC-${H}`]).toEqual([toRelay(PORTS.cluster)]);
    expect(relayed[`KUBE-EXT-${H}`]).toEqual(chains(fields, () => undefined)[`KUBE-EXT-${H}`]);
  });

  test('none, where nobody serves', () => {
    const none = { cluster: [], reachable: [], hasEndpoints: false, hasInternal: false, hasExternal: false };
    expect(chains(none, everything)).toEqual({});
  });

  test("are the kernel's until there is a relay for each", () => {
    const fields = { ...OUTSIDE, externalLocal: true, local: LOCAL };
    const half: RelayLookup = (_plan, _family, reach) => (reach === 'local' ? undefined : PORTS.cluster);
    expect(chains(fields, half)).toEqual(chains(fields, () => undefined));
  });
});
