/** KUBE-SVC and KUBE-SVL: one endpoint out of several. KUBE-SEP: the way to that one. */
import type { PortEndpoint } from '../../../catalog/portEndpoint.ts';
import type { PortPlan } from '../../plan/servicePlan.ts';
import { endpointChain, MARK_MASQ } from './names.ts';
import type { RuleOptions } from './options.ts';
import { comment, jump, type Match, type Rule, to } from './rule.ts';

/** Rules of a dispatch chain; `internal` when the clusterIP leads into it. */
export function balanceRules(
  plan: PortPlan,
  endpoints: readonly PortEndpoint[],
  internal: boolean,
  options: RuleOptions,
): readonly Rule[] {
  const named = endpoints.map(({ text }) => ({
    chain: endpointChain(plan, text),
    comment: options.endpointComments ? [comment(`${plan.name} -> ${text}`)] : [],
  }));
  return [
    ...(internal ? masquerade(plan, options) : []),
    ...(hasAffinity(plan, options) ? named : []).map(
      (endpoint): Rule => ({
        matches: [
          ...endpoint.comment,
          { kind: 'remembered', list: endpoint.chain, seconds: plan.affinitySeconds },
        ],
        target: jump(endpoint.chain),
      }),
    ),
    // The first takes one of n, the second one of the n - 1 that are left over, and so on: each gets its share.
    ...named.map((endpoint, i): Rule => {
      const chance: Match[] = i < named.length - 1 ? [{ kind: 'chance', among: named.length - i }] : [];
      return { matches: [...endpoint.comment, ...chance], target: jump(endpoint.chain) };
    }),
  ];
}

/** A client that is no pod would not get the answer back through this node. */
function masquerade(plan: PortPlan, options: RuleOptions): readonly Rule[] {
  const matches = [comment(`${plan.name} cluster IP`), ...to(plan.protocol, plan.clusterIP, plan.port)];
  if (options.masqueradeAll) return [{ matches, target: jump(MARK_MASQ) }];
  if (options.localTraffic === undefined) return [];
  return [{ matches: [...matches, options.localTraffic.isNot], target: jump(MARK_MASQ) }];
}

export function endpointRules(
  plan: PortPlan,
  endpoint: PortEndpoint,
  chain: string,
  options: RuleOptions,
): readonly Rule[] {
  const named = options.endpointComments ? [comment(plan.name)] : [];
  const remember: readonly Match[] = hasAffinity(plan, options) ? [{ kind: 'remember', list: chain }] : [];
  return [
    // An endpoint that is sent to itself would answer itself directly, past NAT.
    { matches: [...named, { kind: 'source', prefix: endpoint.address }], target: jump(MARK_MASQ) },
    {
      matches: [...named, ...remember, { kind: 'protocol', protocol: plan.protocol }],
      target: { kind: 'dnat', to: endpoint.text },
    },
  ];
}

function hasAffinity(plan: PortPlan, options: RuleOptions): boolean {
  return plan.affinitySeconds > 0 && options.affinity;
}
