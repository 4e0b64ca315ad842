/**
 * A regular expression that takes time linear in the text, whatever it is: all ways through it are followed side by
 * side, none twice from the same place (Pike's machine, as in RE2). JavaScript's own goes back and tries again, and
 * the texts are names that any pod may ask for: one bad expression, and one pod could hold up everybody's names.
 */
import { compile, type Step } from './program.ts';
import { parsePattern } from './syntax.ts';

/** Where the groups of a way began and ended. */
type Saved = readonly (number | undefined)[];

interface Ways {
  readonly steps: number[];
  readonly saved: Saved[];
}

export class Pattern {
  readonly source: string;
  readonly #program: readonly Step[];
  readonly #groups: number;
  readonly #names: ReadonlyMap<string, number>;

  /** @throws PatternError that says what cannot be read */
  constructor(source: string) {
    const { tree, groups, names } = parsePattern(source);
    this.source = source;
    this.#program = compile(tree);
    this.#groups = groups;
    this.#names = names;
  }

  /** For `/configz`. */
  toJSON(): string {
    return this.source;
  }

  /** The groups of the first match, the whole of it being group 0; `undefined` when there is none. */
  exec(text: string): Groups | undefined {
    let ways: Ways = { steps: [], saved: [] };
    let found: Saved | undefined;
    for (let at = 0; at <= text.length; at++) {
      const seen = new Set<number>();
      const next: Ways = { steps: [], saved: [] };
      const here: Ways = { steps: [], saved: [] };
      // Ways that began earlier come first: the leftmost match wins. None begins any more once there is one.
      for (const [i, step] of ways.steps.entries())
        this.#follow(step, ways.saved[i] ?? [], text, at, seen, here);
      if (found === undefined) this.#follow(0, [], text, at, seen, here);
      for (const [i, index] of here.steps.entries()) {
        const step = this.#program[index];
        const saved = here.saved[i] ?? [];
        if (step?.kind === 'match') {
          // Ways behind this one are worth less.
          found = saved;
          break;
        }
        if (step?.kind === 'set' && at < text.length && step.has(text.charCodeAt(at))) {
          next.steps.push(index + 1);
          next.saved.push(saved);
        }
      }
      ways = next;
      if (ways.steps.length === 0 && found !== undefined) break;
    }
    return found === undefined ? undefined : new Groups(text, found, this.#groups, this.#names);
  }

  /** Adds the steps that read an octet, or end, to which this one leads without reading any. */
  #follow(index: number, saved: Saved, text: string, at: number, seen: Set<number>, into: Ways): void {
    if (seen.has(index)) return;
    seen.add(index);
    const step = this.#program[index];
    switch (step?.kind) {
      case undefined:
        return;
      case 'jump':
        return this.#follow(step.to, saved, text, at, seen, into);
      case 'split':
        this.#follow(step.first, saved, text, at, seen, into);
        return this.#follow(step.second, saved, text, at, seen, into);
      case 'save': {
        const more = [...saved];
        more[step.slot] = at;
        return this.#follow(index + 1, more, text, at, seen, into);
      }
      case 'assert':
        if (holds(step.what, text, at)) this.#follow(index + 1, saved, text, at, seen, into);
        return;
      case 'set':
      case 'match':
        into.steps.push(index);
        into.saved.push(saved);
        return;
      default:
        step satisfies never;
    }
  }
}

export class Groups {
  readonly #text: string;
  readonly #saved: Saved;
  readonly #names: ReadonlyMap<string, number>;
  readonly count: number;

  constructor(text: string, saved: Saved, count: number, names: ReadonlyMap<string, number>) {
    this.#text = text;
    this.#saved = saved;
    this.#names = names;
    this.count = count;
  }

  /** Empty for one that took no part in the match, as in Go; `undefined` when there is no such group. */
  get(group: number | string): string | undefined {
    const index = typeof group === 'string' ? this.#names.get(group) : group;
    if (index === undefined || index > this.count) return undefined;
    const [start, end] = [this.#saved[2 * index], this.#saved[2 * index + 1]];
    return start === undefined || end === undefined ? '' : this.#text.slice(start, end);
  }
}

function holds(what: 'start' | 'end' | 'boundary' | 'inside', text: string, at: number): boolean {
  switch (what) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'boundary':
      return isWord(text, at - 1) !== isWord(text, at);
    case 'inside':
      return isWord(text, at - 1) === isWord(text, at);
    default:
      return what satisfies never;
  }
}

function isWord(text: string, at: number): boolean {
  return /^\w$/.test(text[at] ?? '');
}
