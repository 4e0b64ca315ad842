/** The clusterIP of a port: found in KUBE-SERVICES, or refused in table filter. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import type { PortChains } from './names.ts';
import { refusal } from './refusal.ts';
import { addressHook, type Hook } from './roots.ts';
import { comment, jump, to } from './rule.ts';

export function clusterIPHook(plan: PortPlan, chains: PortChains): Hook {
  const where = to(plan.protocol, plan.clusterIP, plan.port);
  const refused = refusal(plan, plan.hasInternal);
  if (refused !== undefined) {
    const rule = { matches: [comment(refused.text), ...where], target: refused.target };
    return addressHook('refused', plan, plan.clusterIP, rule);
  }
  return addressHook('services', plan, plan.clusterIP, {
    matches: [comment(`${plan.name} cluster IP`), ...where],
    target: jump(plan.internalLocal ? chains.local : chains.cluster),
  });
}
