/** A pattern as steps for `Pattern` to follow. */
import type { CodeSet } from './codeSets.ts';
import { type Node, PatternError } from './syntax.ts';

export type Step =
  | { readonly kind: 'set'; readonly has: CodeSet }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }
  /** Goes on at `first`, and at `second` where that leads nowhere. */
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'match' };

/** Counted repetitions are written out: what a question costs is this times the length of its name. */
const MAX_STEPS = 2000;

/** @throws PatternError when the program would be too long */
export function compile(tree: Node): Step[] {
  const steps: Step[] = [];
  add(steps, { kind: 'save', slot: 0 });
  emit(tree, steps);
  add(steps, { kind: 'save', slot: 1 });
  add(steps, { kind: 'match' });
  return steps;
}

function add<S extends Step>(steps: Step[], step: S): S {
  if (steps.length >= MAX_STEPS) throw new PatternError('its repetitions are too many', true);
  steps.push(step);
  return step;
}

function emit(node: Node, steps: Step[]): void {
  switch (node.kind) {
    case 'set':
    case 'assert':
      add(steps, node);
      break;
    case 'sequence':
      for (const part of node.parts) emit(part, steps);
      break;
    case 'group':
      add(steps, { kind: 'save', slot: 2 * node.index });
      emit(node.of, steps);
      add(steps, { kind: 'save', slot: 2 * node.index + 1 });
      break;
    case 'choice':
      emitChoice(node.options, steps);
      break;
    case 'repeat':
      emitRepeat(node, steps);
      break;
    default:
      node satisfies never;
  }
}

function emitChoice([option, ...more]: readonly Node[], steps: Step[]): void {
  if (option === undefined) return;
  if (more.length === 0) {
    emit(option, steps);
    return;
  }
  const split = add(steps, { kind: 'split', first: steps.length + 1, second: 0 });
  emit(option, steps);
  const jump = add(steps, { kind: 'jump', to: 0 });
  split.second = steps.length;
  emitChoice(more, steps);
  jump.to = steps.length;
}

function emitRepeat({ of, min, max, greedy }: Extract<Node, { kind: 'repeat' }>, steps: Step[]): void {
  for (let i = 0; i < min; i++) emit(of, steps);
  if (max === Infinity) {
    const start = steps.length;
    const leave = optional(steps, greedy);
    emit(of, steps);
    add(steps, { kind: 'jump', to: start });
    leave(steps.length);
    return;
  }
  const leaves = [];
  for (let i = min; i < max; i++) {
    leaves.push(optional(steps, greedy));
    emit(of, steps);
  }
  for (const leave of leaves) leave(steps.length);
}

/** A choice between what follows and what is told later; the first where it is greedy. */
function optional(steps: Step[], greedy: boolean): (to: number) => void {
  const next = steps.length + 1;
  const split = add(steps, { kind: 'split', first: next, second: next });
  return (to) => {
    if (greedy) split.second = to;
    else split.first = to;
  };
}
