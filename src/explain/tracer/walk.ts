/** One chain of the kernel, from its first rule to where each way out of it leads. */
import { likelihood, type Situation } from './holds.ts';
import type { Rule, Target } from './rule.ts';
import { type Chain, TraceError } from './ruleset.ts';
import { setElement } from './setElement.ts';
import type { State } from './state.ts';

type Chains = ReadonlyMap<string, Chain>;

/** The kernel's limit on jumps is lower; this one only ends a circle. */
const DEEPEST = 64;

/** States in which packets leave the hook, with probabilities that add up to the one given. Throws TraceError. */
export function walkHook(chains: Chains, state: State, at: Situation): readonly State[] {
  const chain = chains.get(at.hook);
  if (chain === undefined) return [state];
  const { done, open } = walk(chains, chain, state, at, 0);
  const atEnd = open.map((left): State => (chain.policy === 'DROP' ? { ...left, refused: 'drop' } : left));
  return [...done, ...atEnd];
}

interface Ways {
  /** Decided on: they leave the table. */
  readonly done: readonly State[];
  /** Came to the end of the chain: they go on behind the jump to it. */
  readonly open: readonly State[];
}

function walk(chains: Chains, chain: Chain, start: State, at: Situation, depth: number): Ways {
  if (depth > DEEPEST) throw new TraceError(`jumps without end, in table ${at.table}, chain ${chain.name}`);
  const done: State[] = [];
  const returned: State[] = [];
  let open: State[] = [start];
  for (const rule of chain.rules) {
    const next: State[] = [];
    for (const state of open) {
      const probability = likelihood(rule, chain.name, state, at);
      if (probability < 1) next.push(after(state, rule, chain, at, 1 - probability, false));
      if (probability === 0) continue;
      const here = after(state, rule, chain, at, probability, true);
      if (rule.target?.kind === 'return') {
        returned.push(here);
        continue;
      }
      const ways = take(chains, chain, rule, here, at, depth);
      done.push(...ways.done);
      next.push(...ways.open);
    }
    open = next;
    if (open.length === 0) break;
  }
  return { done, open: [...returned, ...open] };
}

function after(
  state: State,
  { text }: Rule,
  { name }: Chain,
  { table }: Situation,
  probability: number,
  holds: boolean,
): State {
  return {
    ...state,
    probability: state.probability * probability,
    last: { table, chain: name, rule: text, holds, before: state.last },
    walked: state.walked + 1,
  };
}

function take(
  chains: Chains,
  chain: Chain,
  { target, text }: Rule,
  state: State,
  at: Situation,
  depth: number,
): Ways {
  if (target?.kind === 'unknown') throw notUnderstood(target.text, chain, text, at);
  if (target?.kind !== 'jump') return effect(target, state, at);
  const to = chains.get(target.chain);
  if (to === undefined) throw notUnderstood(`-j ${target.chain}`, chain, text, at);
  return walk(chains, to, state, at, depth + 1);
}

function effect(
  target: Exclude<Target, { kind: 'jump' | 'unknown' }> | undefined,
  state: State,
  { packet }: Situation,
): Ways {
  switch (target?.kind) {
    case undefined:
    case 'return':
      return { done: [], open: [state] };
    case 'mark':
      return { done: [], open: [{ ...state, mark: ((state.mark & ~target.clear) ^ target.flip) >>> 0 }] };
    case 'set': {
      const key = `${target.name} ${setElement(target.sides, state, packet)}`;
      return { done: [], open: [{ ...state, sets: new Map([...state.sets, [key, target.adds]]) }] };
    }
    case 'notrack':
      return { done: [], open: [{ ...state, tracked: false }] };
    case 'accept':
      return { done: [state], open: [] };
    case 'drop':
    case 'reject':
      return { done: [{ ...state, refused: target.kind }], open: [] };
    case 'masquerade':
      return { done: [{ ...state, masqueraded: true }], open: [] };
    case 'dnat': {
      const { address: destination, port = state.port } = target;
      return { done: [{ ...state, destination, port, rewritten: true }], open: [] };
    }
    default:
      return target satisfies never;
  }
}

function notUnderstood(what: string, { name }: Chain, rule: string, { table }: Situation): TraceError {
  return new TraceError(`not understood: ${what}, in table ${table}, chain ${name}: ${rule}`);
}
