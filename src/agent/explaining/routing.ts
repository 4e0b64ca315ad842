/** What is known of a Service's rules: what they should be, what they are, and what packets meet in them. */
import { endpointsOfPort } from '../../catalog/selection.ts';
import { damageOf } from '../../explain/facts/damage.ts';
import type { Lane, RelayedFacts, RoutingFacts } from '../../explain/facts/facts.ts';
import { portId, type ServiceSubject } from '../../explain/facts/subject.ts';
import type { Ruleset } from '../../explain/tracer/ruleset.ts';
import { describeProblem } from '../../kube/problem.ts';
import { planNode } from '../../proxy/iptables/work.ts';
import { type PortPlan, planService } from '../../proxy/plan/servicePlan.ts';
import type { RelayFigures } from '../../proxy/userspace/relay.ts';
import { gatherTracked } from './tracked.ts';
import type { ExplainView, RoutingView } from './view.ts';
import { followPackets, type Road } from './ways.ts';

/** `subject` is absent where no Service was found. */
export async function gatherRouting(
  subject: ServiceSubject | undefined,
  from: string | undefined,
  localAddresses: readonly string[],
  view: ExplainView,
  routing: RoutingView,
): Promise<RoutingFacts> {
  const families = routing.families();
  const gathered = families.map((family) =>
    subject === undefined
      ? Promise.resolve(NOTHING)
      : gatherFamily({ subject, family, from, localAddresses, view, routing }),
  );
  const parts = await Promise.all(gathered);
  const key = subject?.entry.service.key;
  return {
    mode: routing.mode(),
    variant: routing.variant(),
    families,
    waiting: routing.waiting(),
    refused: routing
      .refused()
      .filter(({ object }) => `${object.namespace}/${object.name}` === key)
      .map(describeProblem),
    damage: parts.flatMap(({ damage }) => damage),
    lanes: parts.flatMap(({ lanes }) => lanes),
  };
}

const NOTHING: Pick<RoutingFacts, 'damage' | 'lanes'> = { damage: [], lanes: [] };

async function gatherFamily(road: Road): Promise<Pick<RoutingFacts, 'damage' | 'lanes'>> {
  const { subject, family, view, routing } = road;
  const { entry, ports } = subject;
  const { settings } = routing;
  const all = planService(entry, family, planNode(view.picture(), settings), settings.dnsService);
  // One plan for each port of the Service, in its order.
  const plans = all.filter((_, i) =>
    entry.service.ports.slice(i, i + 1).some((port) => ports.includes(portId(port))),
  );
  if (plans.length === 0) return NOTHING;
  const ruleset = await routing.rules(family, all);
  const waysOf = await followPackets(road, plans, ruleset);
  const bare = plans.map((plan): Lane => ({ ...laneOf(road, plan), ways: waysOf(plan) }));
  const leadsTo = new Map(
    bare.map(({ plan, endpoints, relay }) => [plan, [...endpoints.map(({ text }) => text), ...relay]]),
  );
  const tracked = await gatherTracked(family, plans, (plan) => leadsTo.get(plan) ?? [], view.machine);
  const damage = damageIn(ruleset, road);
  return {
    damage: damage.map((line) => `${family}: ${line}`),
    lanes: bare.map((lane) => {
      const connections = tracked.get(lane.plan);
      return connections === undefined ? lane : { ...lane, tracked: connections };
    }),
  };
}

/** None while changes are being written, or have come meanwhile: then the kernel and the picture may differ. */
function damageIn(ruleset: Ruleset, { subject, family, view, routing }: Road): readonly string[] {
  const { entry } = subject;
  const settled =
    routing.waiting().services === 0 && view.picture().services.get(entry.service.key) === entry;
  const wanted = settled ? routing.wanted(family, entry) : undefined;
  return wanted === undefined ? [] : damageOf(ruleset, wanted);
}

function laneOf({ subject, family, routing }: Road, plan: PortPlan): Omit<Lane, 'ways'> {
  const { groups, service } = subject.entry;
  const name = plan.name.slice(service.key.length + 1);
  const relay = (['cluster', 'local'] as const).flatMap((reach) => routing.relay(plan, family, reach) ?? []);
  const relayed = relay.length === 0 ? undefined : relayedOf(plan, routing.figures());
  return {
    family,
    plan,
    endpoints: endpointsOfPort(groups, family, name, plan.protocol),
    relay,
    ...(relayed === undefined ? {} : { relayed }),
  };
}

function relayedOf(plan: PortPlan, figures: readonly RelayFigures[]): RelayedFacts | undefined {
  const found = figures.find(({ name, protocol }) => name === plan.name && protocol === plan.protocol);
  if (found === undefined) return undefined;
  const { open, accepted, retries, failed, refused, suspended } = found;
  return { open, accepted, retries, failed, refused, triedLast: suspended };
}
