/**
 * What the first packet of a connection meets in a rule set: the kernel's walk through its hooks, without a kernel.
 *
 *     comes in   PREROUTING ─ routing ┬ INPUT ▶ here
 *                                     └ FORWARD ─ POSTROUTING ▶ elsewhere
 *     made here  OUTPUT ─ routing again ─ POSTROUTING ┬▶ elsewhere
 *                                                     └ by lo: PREROUTING ─ INPUT ▶ here
 *
 * In each hook table raw comes before mangle, nat before filter, and NAT of sources last of all.
 */
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Hook } from './holds.ts';
import { isLocal, type Machine, type Packet } from './packet.ts';
import type { Ruleset } from './ruleset.ts';
import type { State, Step } from './state.ts';
import { walkHook } from './walk.ts';

export type Verdict =
  /** It goes where it was sent. */
  | { readonly kind: 'accept' }
  /** It goes to an endpoint, `10.0.0.1:80` or `[fd00::1]:80`. */
  | { readonly kind: 'dnat'; readonly to: string }
  | { readonly kind: 'reject' | 'drop' };

export interface Outcome {
  /** Those of all outcomes of a packet add up to 1. */
  readonly probability: number;
  readonly verdict: Verdict;
  /** It goes on with an address of this machine as its source. */
  readonly masqueraded: boolean;
  /** The last rule that it was held against; `stepsOf` gives them all. */
  readonly last: Step | undefined;
  /** How many rules those are. */
  readonly walked: number;
}

type Stage = readonly [table: string, hook: Hook];

const COMES_IN: readonly Stage[] = [
  ['raw', 'PREROUTING'],
  ['mangle', 'PREROUTING'],
  ['nat', 'PREROUTING'],
];
const MADE_HERE: readonly Stage[] = [
  ['raw', 'OUTPUT'],
  ['mangle', 'OUTPUT'],
  ['nat', 'OUTPUT'],
  ['filter', 'OUTPUT'],
];
const ENTERS: readonly Stage[] = [
  ['mangle', 'INPUT'],
  ['filter', 'INPUT'],
  ['nat', 'INPUT'],
];
const LEAVES: readonly Stage[] = [
  ['mangle', 'POSTROUTING'],
  ['nat', 'POSTROUTING'],
];
const PASSES: readonly Stage[] = [['mangle', 'FORWARD'], ['filter', 'FORWARD'], ...LEAVES];
/** NAT is decided once: on its way back in by `lo`, a connection that has passed it does not meet it again. */
const COMES_BACK: readonly Stage[] = [
  ...LEAVES,
  ['raw', 'PREROUTING'],
  ['mangle', 'PREROUTING'],
  ['mangle', 'INPUT'],
  ['filter', 'INPUT'],
];

/** Throws TraceError where a packet meets a statement that is not understood, or asks what `machine` does not tell. */
export function trace(ruleset: Ruleset, packet: Packet, machine: Machine): readonly Outcome[] {
  const start: State = {
    probability: 1,
    destination: packet.destination,
    port: packet.port,
    mark: 0,
    tracked: true,
    rewritten: false,
    masqueraded: false,
    refused: undefined,
    sets: new Map(),
    last: undefined,
    walked: 0,
  };
  const made = packet.entersBy === undefined;
  const pass = (stages: readonly Stage[], from: State): readonly State[] =>
    stages.reduce<readonly State[]>(
      (states, stage) => states.flatMap((state) => passStage(ruleset, packet, machine, stage, state)),
      [from],
    );
  return pass(made ? MADE_HERE : COMES_IN, start)
    .flatMap((state) => pass(behindRouting(made, isLocal(machine, state.destination)), state))
    .map(outcomeOf);
}

/** Rules that a packet was held against, in order. */
export function stepsOf({ last }: Pick<Outcome, 'last'>): readonly Step[] {
  const steps: Step[] = [];
  for (let step = last; step !== undefined; step = step.before) steps.push(step);
  return steps.toReversed();
}

function behindRouting(made: boolean, local: boolean): readonly Stage[] {
  if (made) return local ? COMES_BACK : LEAVES;
  return local ? ENTERS : PASSES;
}

function passStage(
  ruleset: Ruleset,
  packet: Packet,
  machine: Machine,
  [table, hook]: Stage,
  state: State,
): readonly State[] {
  const chains = ruleset.get(table);
  const skipped = state.refused !== undefined || (table === 'nat' && !state.tracked);
  return chains === undefined || skipped
    ? [state]
    : walkHook(chains, state, { packet, machine, hook, table });
}

function outcomeOf(state: State): Outcome {
  const { probability, masqueraded, last, walked } = state;
  return { probability, verdict: verdictOf(state), masqueraded, last, walked };
}

function verdictOf({ refused, rewritten, destination, port }: State): Verdict {
  if (refused !== undefined) return { kind: refused };
  if (!rewritten) return { kind: 'accept' };
  return { kind: 'dnat', to: formatSocketAddress({ address: destination, port }) };
}
