/** What meets traffic to a port that has nowhere to send it. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import type { Target } from './rule.ts';

export interface Refusal {
  readonly text: string;
  readonly target: Target;
}

/**
 * Nobody serves: refuse, so that the client knows at once. Somebody serves, but the policy wants this node and it
 * has none: drop, because another node will answer the client's next try.
 */
export function refusal(plan: PortPlan, served: boolean): Refusal | undefined {
  if (!plan.hasEndpoints) return { text: `${plan.name} has no endpoints`, target: { kind: 'reject' } };
  if (!served) return { text: `${plan.name} has no local endpoints`, target: { kind: 'drop' } };
  return undefined;
}
