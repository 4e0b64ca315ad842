/** Whether a match holds for a packet. */
import { contains } from '../../net/cidr.ts';
import { isLocal, type Machine, type Packet } from './packet.ts';
import type { Match, Rule } from './rule.ts';
import { TraceError } from './ruleset.ts';
import { addressOf, portOf, setElement } from './setElement.ts';
import type { State } from './state.ts';

/** The kernel's own chain that the walk began in: it decides which interfaces a packet has. */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

export interface Situation {
  readonly packet: Packet;
  readonly machine: Machine;
  readonly hook: Hook;
  /** Names the table, for errors. */
  readonly table: string;
}

/**
 * How likely all matches of a rule hold: 0, 1, or what matches of chance say. Throws TraceError where it depends on
 * one that cannot be told; one that does not hold spares the others.
 */
export function likelihood(rule: Rule, chain: string, state: State, at: Situation): number {
  let probability = 1;
  let untold: string | undefined;
  for (const match of rule.matches) {
    const one = likelihoodOf(match, state, at);
    if (typeof one === 'string') untold ??= one;
    else probability *= match.not ? 1 - one : one;
    if (probability === 0) return 0;
  }
  if (untold === undefined) return probability;
  throw new TraceError(`${untold}, in table ${at.table}, chain ${chain}: ${rule.text}`);
}

/** A text says why it cannot be told. */
function likelihoodOf(match: Match, state: State, at: Situation): number | string {
  const { packet, machine } = at;
  if (match.kind === 'unknown') return `not understood: ${match.text}`;
  if (match.kind === 'chance') return match.probability;
  if (match.kind === 'interface') {
    const name = match.way === 'in' ? entersBy(at) : leavesBy(state, at);
    // Wherever it leaves, lo it is not.
    if (name === undefined && match.name === 'lo') return 0;
    return name === undefined ? 'not known by which interface it leaves' : Number(names(match.name, name));
  }
  if (match.kind === 'set') {
    const element = setElement(match.sides, state, packet);
    // Rules that it met before may have put it there.
    const changed = state.sets.get(`${match.name} ${element}`);
    const content = machine.sets?.get(match.name);
    if (changed === undefined && content === undefined) return `not known what set ${match.name} holds`;
    return Number(changed ?? content?.has(element) === true);
  }
  return Number(holds(match, state, at));
}

function holds(
  match: Exclude<Match, { kind: 'chance' | 'interface' | 'set' | 'unknown' }>,
  state: State,
  { packet, machine }: Situation,
): boolean {
  switch (match.kind) {
    case 'address':
      return contains(match.prefix, addressOf(match.side, state, packet));
    case 'protocol':
      return match.protocol === packet.protocol || match.protocol === 'all';
    case 'port': {
      const port = portOf(match.side, state, packet);
      return port >= match.first && port <= match.last;
    }
    case 'asked':
      return contains(match.prefix, packet.destination);
    case 'local':
      return isLocal(machine, addressOf(match.side, state, packet));
    case 'mark':
      return (state.mark & match.mask) >>> 0 === match.value >>> 0;
    case 'state':
      return match.states.some((name) => statesOf(state).includes(name));
    case 'remembered':
      return machine.remembered?.has(match.list) === true;
    default:
      return match satisfies never;
  }
}

/** Of a connection's first packet. DNAT is a state beside the others. */
function statesOf(state: State): readonly string[] {
  if (!state.tracked) return ['UNTRACKED'];
  return state.rewritten ? ['NEW', 'DNAT'] : ['NEW'];
}

/** Empty where the kernel shows rules no such interface. What this machine sends to itself comes back by `lo`. */
function entersBy({ packet, hook }: Situation): string {
  return hook === 'OUTPUT' || hook === 'POSTROUTING' ? '' : (packet.entersBy ?? 'lo');
}

function leavesBy(state: State, { machine, hook }: Situation): string | undefined {
  if (hook === 'PREROUTING' || hook === 'INPUT') return '';
  return isLocal(machine, state.destination) ? 'lo' : machine.route?.(state.destination);
}

function names(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
