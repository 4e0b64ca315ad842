/** What the tracer says that a flow meets, in the words of the list. */
import type { Ruleset } from '../../src/explain/tracer/ruleset.ts';
import { type Outcome, stepsOf, trace } from '../../src/explain/tracer/trace.ts';
import type { Family } from '../../src/net/ip.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import {
  endpointName,
  LOCAL,
  type Numbered,
  POD_BRIDGE,
  sourceOf,
  type Target,
  targetOf,
} from './fixture.ts';
import type { Flow } from './flow.ts';
import { type Behind, NO_RELAYS } from './mode.ts';

const ENTERS: Readonly<Record<Flow['from'], string | undefined>> = {
  pod: POD_BRIDGE,
  'local-1': 'veth1',
  external: 'eth0',
  blocked: 'eth0',
  VIP: 'eth0',
  node: undefined,
  localhost: undefined,
};

/** A relay that is met stands for the endpoints behind it, and they see this machine. */
export function traced(
  ruleset: Ruleset,
  flow: Flow,
  numbered: Numbered,
  family: Family,
  behind: Behind = NO_RELAYS,
): string {
  const target = targetOf(flow, numbered, family);
  const { address: destination, port, protocol } = target;
  const source = sourceOf(flow, numbered, family);
  const packet = { source, destination, protocol, port, entersBy: ENTERS[flow.from] };
  const outcomes = trace(ruleset, packet, { addresses: [...LOCAL, ...Object.values(RELAY_ADDRESSES)] });
  const sum = outcomes.reduce((total, { probability }) => total + probability, 0);
  const shares = new Set(outcomes.map(({ probability }) => probability.toFixed(6)));
  const mets = outcomes.map((outcome) => metBy(outcome, target, family, behind));
  const mark = new Set(mets.map(({ masqueraded }) => (masqueraded ? ' m' : '')));
  const fair = Math.abs(sum - 1) < 1e-9 && shares.size === 1;
  const met = mets.flatMap(({ names }) => names).sort();
  return [met.join(' '), ...mark, fair ? '' : ` with ${[...shares].join()}`].join('');
}

interface Met {
  readonly names: readonly string[];
  readonly masqueraded: boolean;
}

function metBy(outcome: Outcome, { protocol, target }: Target, family: Family, behind: Behind): Met {
  const { verdict, masqueraded } = outcome;
  switch (verdict.kind) {
    case 'dnat': {
      const relayed = behind(protocol, verdict.to);
      const names = (relayed ?? [verdict.to]).map((text) => endpointName(text, family, target));
      return { names, masqueraded: masqueraded || relayed !== undefined };
    }
    case 'reject':
    case 'drop':
      return { names: [verdict.kind.toUpperCase()], masqueraded };
    case 'accept':
      return { names: [isAccepted(outcome) ? 'ACCEPT' : 'unchanged'], masqueraded };
    default:
      return verdict satisfies never;
  }
}

function isAccepted(outcome: Outcome): boolean {
  return stepsOf(outcome).some(
    ({ table, rule, holds }) => table === 'filter' && holds && rule.endsWith('-j ACCEPT'),
  );
}
