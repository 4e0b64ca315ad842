/** Ways to a port from outside: external IPs, load balancer VIPs, the NodePort. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import { MARK_MASQ, type PortChains } from './names.ts';
import type { RuleOptions } from './options.ts';
import { refusal } from './refusal.ts';
import { addressHook, type Hook, portHook } from './roots.ts';
import { comment, jump, type Match, type Rule, to } from './rule.ts';

export function externalHooks(plan: PortPlan, chains: PortChains): readonly Hook[] {
  return [
    ...plan.externalIPs.flatMap((address) =>
      hooksOf(plan, address, `${plan.name} external IP`, chains.external),
    ),
    ...plan.loadBalancerVIPs.flatMap((vip) => [
      ...hooksOf(
        plan,
        vip,
        `${plan.name} loadbalancer IP`,
        plan.firewalled ? chains.firewall : chains.external,
      ),
      ...firewallHooks(plan, vip, chains),
    ]),
    ...nodePortHooks(plan, chains),
  ];
}

/** Both may be there: pods of this node reach endpoints elsewhere while others are dropped. */
function hooksOf(plan: PortPlan, address: string, text: string, chain: string): readonly Hook[] {
  const where = to(plan.protocol, address, plan.port);
  const hooks: Hook[] = [];
  if (plan.hasEndpoints) {
    const rule = { matches: [comment(text), ...where], target: jump(chain) };
    hooks.push(addressHook('services', plan, address, rule));
  }
  const refused = refusal(plan, plan.hasExternal);
  if (refused !== undefined) {
    const rule = { matches: [comment(refused.text), ...where], target: refused.target };
    hooks.push(addressHook('refusedExternal', plan, address, rule));
  }
  return hooks;
}

/** A packet that the allow list let pass has been rewritten by now; one that still carries the VIP was not. */
function firewallHooks(plan: PortPlan, vip: string, chains: PortChains): readonly Hook[] {
  if (!plan.firewalled) return [];
  const rule: Rule = {
    matches: [
      comment(`${plan.name} traffic not accepted by ${chains.firewall}`),
      ...to(plan.protocol, vip, plan.port),
    ],
    target: { kind: 'drop' },
  };
  return [addressHook('firewall', plan, vip, rule)];
}

function nodePortHooks(plan: PortPlan, chains: PortChains): readonly Hook[] {
  const { nodePort, protocol } = plan;
  if (nodePort === 0) return [];
  const hooks: Hook[] = [];
  if (plan.hasEndpoints) {
    const matches = [comment(plan.name), ...to(protocol, undefined, nodePort)];
    hooks.push(portHook('nodePorts', plan, nodePort, { matches, target: jump(chains.external) }));
  }
  const refused = refusal(plan, plan.hasExternal);
  if (refused !== undefined) {
    const matches: readonly Match[] = [
      comment(refused.text),
      { kind: 'local', side: 'dst' },
      ...to(protocol, undefined, nodePort),
    ];
    hooks.push(portHook('refusedExternal', plan, nodePort, { matches, target: refused.target }));
  }
  return hooks;
}

/** Load balancers probe it on the node itself, whatever other rules say of its ports. */
export function healthCheckHooks(plan: PortPlan): readonly Hook[] {
  const port = plan.healthCheckNodePort;
  if (port === 0) return [];
  const matches = [comment(`${plan.name} health check node port`), ...to('TCP', undefined, port)];
  return [portHook('healthChecks', { protocol: 'TCP' }, port, { matches, target: { kind: 'accept' } })];
}

/** KUBE-EXT: decides on masquerading, and lets this node and its pods past policy Local. */
export function externalRules(plan: PortPlan, chains: PortChains, options: RuleOptions): readonly Rule[] {
  const outside = `${plan.name} external destinations`;
  const rules: Rule[] = [];
  if (plan.externalLocal) {
    if (options.localTraffic !== undefined) {
      const matches = [comment(`pod traffic for ${outside}`), options.localTraffic.is];
      rules.push({ matches, target: jump(chains.cluster) });
    }
    const own: Match = { kind: 'local', side: 'src' };
    rules.push(
      { matches: [comment(`masquerade LOCAL traffic for ${outside}`), own], target: jump(MARK_MASQ) },
      { matches: [comment(`route LOCAL traffic for ${outside}`), own], target: jump(chains.cluster) },
    );
  } else {
    rules.push({ matches: [comment(`masquerade traffic for ${outside}`)], target: jump(MARK_MASQ) });
  }
  if (plan.hasExternal) {
    rules.push({ matches: [], target: jump(plan.externalLocal ? chains.local : chains.cluster) });
  }
  return rules;
}

/** KUBE-FW: the sources that may use the VIPs. */
export function firewallRules(plan: PortPlan, chains: PortChains): readonly Rule[] {
  // What this node sends to a VIP is routed to itself, with the VIP as its source.
  const allowed = plan.nodeInSourceRanges
    ? [...plan.sourceRanges, ...plan.loadBalancerVIPs]
    : plan.sourceRanges;
  return [
    ...allowed.map(
      (prefix): Rule => ({
        matches: [comment(`${plan.name} loadbalancer IP`), { kind: 'source', prefix }],
        target: jump(chains.external),
      }),
    ),
    { matches: [comment(`other traffic to ${plan.name} will be dropped by KUBE-PROXY-FIREWALL`)] },
  ];
}
