/** A rule set as text: what `iptables-save` prints, or what `iptables-restore` reads into empty tables. */
import { readRule } from './readRule.ts';
import type { Rule } from './rule.ts';

/** The text is no rule set, or holds something that the trace cannot judge; the message names it. */
export class TraceError extends Error {}

/** Rules are read when a packet first comes by: a packet meets few of the 200,000 of a large cluster. */
export class Chain {
  readonly name: string;
  /** Of the kernel's own chains only: what becomes of a packet at the end. */
  policy: 'ACCEPT' | 'DROP' | undefined;
  readonly texts: string[] = [];
  #rules: readonly Rule[] | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get rules(): readonly Rule[] {
    this.#rules ??= this.texts.map(readRule);
    return this.#rules;
  }
}

/** Chains by name, by table. */
export type Ruleset = ReadonlyMap<string, ReadonlyMap<string, Chain>>;

/** Throws TraceError with the number of a line that is none of a rule set. */
export function parseRuleset(text: string): Ruleset {
  const reader = new RulesetReader();
  for (const line of text.split('\n')) reader.line(line);
  return reader.ruleset;
}

/** Reads a rule set line by line, for one that is too large to hold whole. */
export class RulesetReader {
  readonly ruleset: Map<string, Map<string, Chain>> = new Map();
  readonly #keep: (chain: string) => boolean;
  #table: Map<string, Chain> | undefined;
  #lines = 0;

  /** Chains that `keep` does not want are left out: a packet that meets one cannot be traced. */
  constructor(keep: (chain: string) => boolean = () => true) {
    this.#keep = keep;
  }

  /** Throws TraceError as `parseRuleset`. */
  line(line: string): void {
    this.#lines += 1;
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith('*')) {
      this.#table = this.ruleset.get(line.slice(1)) ?? new Map<string, Chain>();
      this.ruleset.set(line.slice(1), this.#table);
    } else if (line === 'COMMIT') this.#table = undefined;
    else if (this.#table === undefined || !readLine(line, this.#table, this.#keep)) {
      throw new TraceError(`line ${this.#lines} is no part of a rule set: ${line}`);
    }
  }
}

function readLine(line: string, table: Map<string, Chain>, keep: (chain: string) => boolean): boolean {
  const [, declared, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
  if (declared !== undefined) {
    if (!keep(declared)) return true;
    const chain = chainOf(table, declared);
    // A restore empties chains that it declares, but for the kernel's own.
    if (policy === 'ACCEPT' || policy === 'DROP') chain.policy = policy;
    else chain.texts.length = 0;
    return true;
  }
  // `iptables-save -c` puts counters first.
  const [, command, name, place = '1', rule = ''] =
    /^(?:\[\d+:\d+\] )?-([AI]) (\S+)(?: (\d+))?(?: (.*))?$/.exec(line) ?? [];
  if (name === undefined) return false;
  if (!keep(name)) return true;
  const { texts } = chainOf(table, name);
  if (command === 'A') texts.push(rule);
  else texts.splice(Number(place) - 1, 0, rule);
  return true;
}

function chainOf(table: Map<string, Chain>, name: string): Chain {
  const chain = table.get(name) ?? new Chain(name);
  table.set(name, chain);
  return chain;
}
