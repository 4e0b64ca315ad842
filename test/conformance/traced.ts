/** What the tracer says that a flow meets, in the words of the list. */
import type { Ruleset } from '../../src/explain/tracer/ruleset.ts';
import { type Outcome, stepsOf, trace } from '../../src/explain/tracer/trace.ts';
import type { Family } from '../../src/net/ip.ts';
import { endpointName, LOCAL, type Numbered, POD_BRIDGE, sourceOf, targetOf } from './fixture.ts';
import type { Flow } from './flow.ts';

const ENTERS: Readonly<Record<Flow['from'], string | undefined>> = {
  pod: POD_BRIDGE,
  'local-1': 'veth1',
  external: 'eth0',
  blocked: 'eth0',
  VIP: 'eth0',
  node: undefined,
  localhost: undefined,
};

export function traced(ruleset: Ruleset, flow: Flow, numbered: Numbered, family: Family): string {
  const { address, port, protocol, target } = targetOf(flow, numbered, family);
  const outcomes = trace(
    ruleset,
    {
      source: sourceOf(flow, numbered, family),
      destination: address,
      protocol,
      port,
      entersBy: ENTERS[flow.from],
    },
    { addresses: LOCAL },
  );
  const sum = outcomes.reduce((total, { probability }) => total + probability, 0);
  const shares = new Set(outcomes.map(({ probability }) => probability.toFixed(6)));
  const mark = new Set(outcomes.map(({ masqueraded }) => (masqueraded ? ' m' : '')));
  const fair = Math.abs(sum - 1) < 1e-9 && shares.size === 1;
  const met = outcomes.map((outcome) => nameOf(outcome, family, target)).sort();
  return [met.join(' '), ...mark, fair ? '' : ` with ${[...shares].join()}`].join('');
}

function nameOf(outcome: Outcome, family: Family, target: number): string {
  const { verdict } = outcome;
  switch (verdict.kind) {
    case 'dnat':
      return endpointName(verdict.to, family, target);
    case 'reject':
    case 'drop':
      return verdict.kind.toUpperCase();
    case 'accept':
      return isAccepted(outcome) ? 'ACCEPT' : 'unchanged';
    default:
      return verdict satisfies never;
  }
}

function isAccepted(outcome: Outcome): boolean {
  return stepsOf(outcome).some(
    ({ table, rule, holds }) => table === 'filter' && holds && rule.endsWith('-j ACCEPT'),
  );
}
