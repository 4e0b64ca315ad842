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
  const ruleset = new Map<string, Map<string, Chain>>();
  let table: Map<string, Chain> | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('*')) {
      table = ruleset.get(line.slice(1)) ?? new Map<string, Chain>();
      ruleset.set(line.slice(1), table);
    } else if (line === 'COMMIT') table = undefined;
    else if (table === undefined || !readLine(line, table)) {
      throw new TraceError(`line ${index + 1} is no part of a rule set: ${line}`);
    }
  }
  return ruleset;
}

function readLine(line: string, table: Map<string, Chain>): boolean {
  const [, declared, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
  if (declared !== undefined) {
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
