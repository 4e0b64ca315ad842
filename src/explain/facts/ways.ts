/** What packets to a Service port meet in a rule set. */
import { endpointChain } from '../../proxy/iptables/rules/names.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { Machine } from '../tracer/packet.ts';
import { type Ruleset, TraceError } from '../tracer/ruleset.ts';
import type { Step } from '../tracer/state.ts';
import { type Outcome, stepsOf, trace } from '../tracer/trace.ts';
import type { Way, WayClient, WayOutcome } from './facts.ts';
import type { Entrance } from './subject.ts';

export interface WayIn {
  readonly entrance: Entrance;
  readonly address: string;
  readonly port: number;
}

/** Ways into a port. NodePorts are asked for at `nodeAddresses`, of the plan's family. */
export function waysIn(plan: PortPlan, nodeAddresses: readonly string[]): readonly WayIn[] {
  const at = (entrance: Entrance, addresses: readonly string[], port: number): readonly WayIn[] =>
    addresses.map((address) => ({ entrance, address, port }));
  return [
    ...at('clusterIP', [plan.clusterIP], plan.port),
    ...at('externalIP', plan.externalIPs, plan.port),
    ...at('loadBalancer', plan.loadBalancerVIPs, plan.port),
    ...(plan.nodePort === 0 ? [] : at('nodePort', nodeAddresses, plan.nodePort)),
  ];
}

export interface Tracing {
  readonly ruleset: Ruleset;
  readonly machine: Machine;
  /** Interface by which packets of an address come; `undefined` when they are this machine's own. */
  readonly entersBy: (address: string) => string | undefined;
}

/** Chains of the endpoints, by address and port, that affinity may remember a client in. */
export function affinityLists(plan: PortPlan): ReadonlyMap<string, string> {
  if (plan.affinitySeconds === 0) return new Map();
  return new Map(plan.reachable.map(({ text }) => [text, endpointChain(plan, text)]));
}

export function followWay(
  plan: PortPlan,
  { entrance, address, port }: WayIn,
  client: WayClient,
  { ruleset, machine, entersBy }: Tracing,
): Way {
  const { remembered: lists = new Set() } = machine;
  const remembered = [...affinityLists(plan)].filter(([, list]) => lists.has(list)).map(([text]) => text);
  const way = { entrance, address, port, client, remembered };
  const { protocol } = plan;
  const packet = {
    source: client.address,
    destination: address,
    protocol: protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp',
    port,
    entersBy: entersBy(client.address),
  } as const;
  try {
    return { ...way, error: '', outcomes: outcomesOf(trace(ruleset, packet, machine)) };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return { ...way, error: error.message, outcomes: [] };
  }
}

/** Steps are told once for each kind: those to a thousand endpoints differ in the last chain alone. */
function outcomesOf(outcomes: readonly Outcome[]): readonly WayOutcome[] {
  const told = new Set<string>();
  return outcomes.map((outcome): WayOutcome => {
    const { probability, verdict, masqueraded } = outcome;
    const kind = `${verdict.kind} ${masqueraded}`;
    const fresh = !told.has(kind);
    told.add(kind);
    return {
      probability,
      verdict: verdict.kind,
      to: verdict.kind === 'dnat' ? verdict.to : '',
      masqueraded,
      ...(fresh ? pathOf(outcome) : { path: [], rule: '' }),
    };
  });
}

function pathOf(outcome: Outcome): Pick<WayOutcome, 'path' | 'rule'> {
  const steps = stepsOf(outcome);
  const path: string[] = [];
  for (const { table, chain, holds } of steps) {
    const place = `${table} ${chain}`;
    if (holds && path.at(-1) !== place) path.push(place);
  }
  return { path, rule: decisive(outcome, steps) };
}

/** The rule behind the verdict, with its place; that no rule decided but the end of a chain is told as well. */
function decisive({ verdict }: Outcome, steps: readonly Step[]): string {
  const target = { accept: undefined, dnat: 'DNAT', reject: 'REJECT', drop: 'DROP' }[verdict.kind];
  if (target === undefined) return '';
  const by = steps.findLast(({ holds, rule }) => holds && ` ${rule} `.includes(` -j ${target} `));
  if (by !== undefined) return `${by.table} ${by.chain}: ${by.rule}`;
  const end = steps.findLast(({ chain }) => /^[A-Z]+$/.test(chain));
  return end === undefined ? '' : `${end.table} ${end.chain}: its policy`;
}
