/**
 * Follows packets to Services through the rules that are in the kernel, before and after the mode changes: a
 * connection from this node tells nothing of those that pods make, and some nodes have no route to Services themselves.
 */
import type { Picture } from '../../catalog/picture.ts';
import type { Packet } from '../../explain/tracer/packet.ts';
import { type Outcome, stepsOf, trace } from '../../explain/tracer/trace.ts';
import { type Ruleset, TraceError } from '../../explain/tracer/ruleset.ts';
import type { Exec } from '../../host/exec.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import type { ModeCheck, ModeProbe } from '../../proxy/modeSwitch.ts';
import type { Tools } from '../../proxy/iptables/kernel/tools.ts';
import type { RelayLookup } from '../../proxy/iptables/rules/options.ts';
import { planNode } from '../../proxy/iptables/work.ts';
import { type PortPlan, planService } from '../../proxy/plan/servicePlan.ts';
import type { ProxySettings } from '../../proxy/settings.ts';
import { readRules } from './readRules.ts';

/** Enough to see that the mode works; each is met from this node and from a pod. */
const MOST = 16;
/** Endpoints come and go, and rules are a moment behind. */
const TRIES = 5;

export interface ModeTraceParts {
  readonly exec: Exec;
  /** Of the families that are routed. */
  readonly tools: readonly Tools[];
  readonly settings: ProxySettings;
  readonly picture: () => Picture | undefined;
  /** Where ports are relayed now. */
  readonly relay: RelayLookup;
  readonly localAddresses: () => Promise<readonly string[]>;
  /** Until rules have followed what the picture says. */
  readonly pause: () => Promise<void>;
}

/** What rules do with packets of somebody to a Service port. */
interface Traced {
  /** Who goes where, told to a person. */
  readonly way: string;
  /** Empty where it leads to the port's relay, or its endpoints. */
  readonly wrong: string;
}

export function traceProbe(parts: ModeTraceParts): ModeProbe {
  return {
    async prepare(): Promise<ModeCheck> {
      const before = new Set(
        (await traceAll(parts)).filter(({ wrong }) => wrong === '').map(({ way }) => way),
      );
      return {
        async check() {
          for (let tries = 1; ; tries++) {
            // What others' rules kept from its endpoints before, or what cannot be followed, is not the mode's doing.
            const lost = (await traceAll(parts)).find(({ way, wrong }) => wrong !== '' && before.has(way));
            if (lost === undefined) return '';
            if (tries === TRIES) return `rules lead ${lost.way} ${lost.wrong}`;
            await parts.pause();
          }
        },
      };
    },
  };
}

async function traceAll(parts: ModeTraceParts): Promise<readonly Traced[]> {
  const { exec, picture, tools } = parts;
  const machine = { addresses: await parts.localAddresses() };
  const traced = await Promise.all(
    tools.map(async (one) => {
      const { family } = one;
      const plans = sample(parts, family);
      const node = picture()?.node?.addresses.find((address) => familyOf(address) === family);
      const ruleset: Ruleset = plans.length === 0 ? new Map() : await readRules(exec, one, plans);
      return plans.flatMap((plan) => {
        const to = expected(plan, family, parts.relay);
        return [node, plan.reachable[0]?.address].flatMap((source): Traced[] => {
          if (source === undefined) return [];
          const packet = packetTo(plan, source, source === node ? undefined : '');
          const way = `from ${source} to ${plan.name} at ${plan.clusterIP} port ${plan.port}`;
          return [{ way, wrong: judge(() => trace(ruleset, packet, machine), to) }];
        });
      });
    }),
  );
  return traced.flat();
}

function packetTo(
  { clusterIP, port, protocol }: PortPlan,
  source: string,
  entersBy: string | undefined,
): Packet {
  return { source, destination: clusterIP, protocol: protocol === 'TCP' ? 'tcp' : 'udp', port, entersBy };
}

function sample({ picture, settings }: ModeTraceParts, family: Family): readonly PortPlan[] {
  const now = picture();
  if (now === undefined) return [];
  const node = planNode(now, settings);
  const plans: PortPlan[] = [];
  for (const entry of now.services.values()) {
    for (const plan of planService(entry, family, node, settings.dnsService)) {
      if (plan.hasInternal && plan.protocol !== 'SCTP') plans.push(plan);
      if (plans.length === MOST) return plans;
    }
  }
  return plans;
}

function expected(plan: PortPlan, family: Family, relay: RelayLookup): ReadonlySet<string> {
  const reach = plan.internalLocal ? 'local' : 'cluster';
  const relayed = relay(plan, family, reach);
  return new Set(relayed === undefined ? plan[reach].map(({ text }) => text) : [relayed]);
}

/** Empty where every way leads to one of `to`. */
function judge(follow: () => readonly Outcome[], to: ReadonlySet<string>): string {
  try {
    const stray = follow().find(({ verdict }) => verdict.kind !== 'dnat' || !to.has(verdict.to));
    if (stray === undefined) return '';
    return told(stray);
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
}

function told(outcome: Outcome): string {
  const { verdict } = outcome;
  switch (verdict.kind) {
    case 'dnat':
      return `to ${verdict.to}`;
    case 'accept':
      return 'nowhere else: no rule takes them';
    case 'reject':
    case 'drop': {
      const last = stepsOf(outcome).findLast(({ holds }) => holds);
      const rule = last === undefined ? '' : `: table ${last.table}, chain ${last.chain}: ${last.rule}`;
      return `to a rule that refuses them${rule}`;
    }
    default:
      return verdict satisfies never;
  }
}
