/** KUBE-SVC and KUBE-SVL of a port that a process of ours carries, instead of the kernel. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import type { PortChains } from './names.ts';
import type { Reach, RuleOptions } from './options.ts';
import { type Chain, comment } from './rule.ts';

/**
 * One rule each: to where the relay listens. No endpoint appears in them, so that a rollout changes no rule; what
 * comes before, sources that are allowed for one, is the same as without a relay. `undefined` where the port is not
 * relayed, or not yet.
 */
export function relayedChains(plan: PortPlan, names: PortChains, options: RuleOptions): Chain[] | undefined {
  const cluster = relayedChain(plan, names.cluster, 'cluster', plan.cluster.length, options);
  const local = relayedChain(plan, names.local, 'local', plan.local.length, options);
  return cluster === undefined || local === undefined ? undefined : [...cluster, ...local];
}

function relayedChain(
  plan: PortPlan,
  name: string,
  reach: Reach,
  endpoints: number,
  options: RuleOptions,
): Chain[] | undefined {
  if (endpoints === 0) return [];
  const to = options.relay(plan, options.family, reach);
  if (to === undefined) return undefined;
  const { protocol } = plan;
  return [
    {
      table: 'nat',
      name,
      rules: [
        // For who reads iptables-save when the agent is dead: this is why nobody answers.
        {
          matches: [comment(`${plan.name} carried by the agent`), { kind: 'protocol', protocol }],
          target: { kind: 'dnat', to },
        },
      ],
    },
  ];
}
