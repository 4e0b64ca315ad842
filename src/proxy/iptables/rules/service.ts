/** All rules of one Service in one family. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import { balanceRules, endpointRules } from './balance.ts';
import { clusterIPHook } from './clusterIP.ts';
import { externalHooks, externalRules, firewallRules, healthCheckHooks } from './external.ts';
import { endpointChain, type PortChains, portChains } from './names.ts';
import type { RuleOptions } from './options.ts';
import { relayedChains } from './relayed.ts';
import type { Hook } from './roots.ts';
import type { Chain, Rule } from './rule.ts';

export interface ServiceRules {
  /** Chains of its own, all in table nat. */
  readonly chains: readonly Chain[];
  /** Rules in chains that Services share. */
  readonly hooks: readonly Hook[];
}

export function serviceRules(plans: readonly PortPlan[], options: RuleOptions): ServiceRules {
  const chains: Chain[] = [];
  const hooks: Hook[] = [];
  for (const plan of plans) {
    const names = portChains(plan);
    hooks.push(clusterIPHook(plan, names), ...externalHooks(plan, names), ...healthCheckHooks(plan));
    chains.push(...portRules(plan, names, options));
  }
  return { chains, hooks };
}

/** Chains that are jumped to come before those that jump. */
function portRules(plan: PortPlan, names: PortChains, options: RuleOptions): readonly Chain[] {
  const chains = relayedChains(plan, names, options) ?? balancing(plan, names, options);
  // Even when it has nowhere to send outside traffic: this node and its pods may have.
  if (plan.hasEndpoints && plan.external)
    chains.push(nat(names.external, externalRules(plan, names, options)));
  if (plan.firewalled) chains.push(nat(names.firewall, firewallRules(plan, names)));
  return chains;
}

function balancing(plan: PortPlan, names: PortChains, options: RuleOptions): Chain[] {
  const chains = plan.reachable.map((endpoint) => {
    const name = endpointChain(plan, endpoint.text);
    return nat(name, endpointRules(plan, endpoint, name, options));
  });
  if (plan.cluster.length > 0) {
    chains.push(nat(names.cluster, balanceRules(plan, plan.cluster, toChain(plan, false), options)));
  }
  if (plan.local.length > 0) {
    chains.push(nat(names.local, balanceRules(plan, plan.local, toChain(plan, true), options)));
  }
  return chains;
}

const toChain = (plan: PortPlan, local: boolean): boolean => plan.hasInternal && plan.internalLocal === local;

const nat = (name: string, rules: readonly Rule[]): Chain => ({ table: 'nat', name, rules });
