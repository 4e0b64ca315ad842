/** Applying rewrites to a question, and undoing them in the reply. */
import { TYPE } from '../wire/codes.ts';
import { encodeName, isName, readName } from '../wire/name.ts';
import type { Rr } from '../wire/record.ts';
import { replaceIn, substitute } from './match.ts';
import type { NameRewrite, Rewrite, Substitution, TtlRewrite } from './rule.ts';

export interface Rewritten {
  /** Lower case, with a dot at the end; not checked to be a name. */
  readonly name: string;
  readonly type: number;
  readonly undo: Undo;
}

interface Step {
  readonly rule: NameRewrite;
  readonly before: string;
  readonly after: string;
}

/** `undefined` when no rule finds anything in the question. `name` is lower case and ends in a dot. */
export function rewrite(rules: readonly Rewrite[], name: string, type: number): Rewritten | undefined {
  const question = { name, type };
  const steps: Step[] = [];
  const ttls: TtlRewrite[] = [];
  let found = false;
  for (const rule of rules) {
    const hit = applied(rule, question, steps, ttls);
    found ||= hit;
    if (hit && !rule.continues) break;
  }
  return found ? { ...question, undo: new Undo(name, question.name, steps, ttls) } : undefined;
}

function applied(
  rule: Rewrite,
  question: { name: string; type: number },
  steps: Step[],
  ttls: TtlRewrite[],
): boolean {
  switch (rule.field) {
    case 'name': {
      const after = replaceIn(question.name, rule.match, rule.to);
      if (after === undefined) return false;
      const whole = after.endsWith('.') ? after : `${after}.`;
      steps.push({ rule, before: question.name, after: whole });
      question.name = whole;
      return true;
    }
    case 'type':
      if (question.type !== rule.from) return false;
      question.type = rule.to;
      return true;
    case 'ttl':
      if (replaceIn(question.name, rule.match, '') === undefined) return false;
      ttls.push(rule);
      return true;
    default:
      return rule satisfies never;
  }
}

/** What was done to a question, for the answer: the client must see the names that it asked for. */
export class Undo {
  readonly #asked: string;
  readonly #rewritten: string;
  readonly #steps: readonly Step[];
  readonly #ttls: readonly TtlRewrite[];

  constructor(asked: string, rewritten: string, steps: readonly Step[], ttls: readonly TtlRewrite[]) {
    this.#asked = asked;
    this.#rewritten = rewritten;
    this.#steps = steps.toReversed();
    this.#ttls = ttls;
  }

  /** The record as the client may see it. Its owner is the asked name again, or a resolver would not believe it. */
  record(record: Rr): Rr {
    const owner = this.#owner(`${record.owner}.`).slice(0, -1);
    const data =
      record.data.type === 'raw' ? { ...record.data, bytes: this.#target(record.data) } : record.data;
    return { owner: isName(owner) ? owner : record.owner, ttl: this.#ttl(record.ttl), data };
  }

  #owner(owner: string): string {
    if (owner === this.#rewritten) return this.#asked;
    return this.#back(owner, ({ names }) => names);
  }

  #back(name: string, own: (answers: NameRewrite['answers']) => readonly Substitution[]): string {
    let found = name;
    for (const { rule, before, after } of this.#steps) {
      for (const substitution of own(rule.answers)) found = substitute(found, substitution) ?? found;
      if (rule.answers.auto) found = inverse(found, rule, before, after);
    }
    return found.endsWith('.') ? found : `${found}.`;
  }

  /** RDATA whose target name is mapped back; other RDATA as it is. */
  #target({ code, bytes }: { readonly code: number; readonly bytes: Uint8Array }): Uint8Array {
    const at = TARGET_AT.get(code);
    const target = at === undefined ? undefined : readName(padded(bytes), at + PAD, bytes.length + PAD);
    if (at === undefined || target === undefined) return bytes;
    const lower = `${target.toLowerCase()}.`;
    const mapped = this.#back(lower, ({ values }) => values).slice(0, -1);
    if (`${mapped}.` === lower || !isName(mapped)) return bytes;
    return Buffer.concat([bytes.subarray(0, at), encodeName(mapped)]);
  }

  #ttl(ttl: number): number {
    return this.#ttls.reduce((value, { min, max }) => Math.min(Math.max(value, min), max), ttl);
  }
}

/** The name from which the rule would have made this one, where that can be told. */
function inverse(name: string, { match, to }: NameRewrite, before: string, after: string): string {
  if (name === after) return before;
  switch (match.kind) {
    case 'prefix':
      return name.startsWith(to) ? match.text + name.slice(to.length) : name;
    case 'suffix':
      return name.endsWith(to) ? name.slice(0, name.length - to.length) + match.text : name;
    case 'substring':
      return to === '' ? name : name.replaceAll(to, () => match.text);
    case 'exact':
    case 'regex':
      return name;
    default:
      return match satisfies never;
  }
}

/** Where the target begins in the RDATA of the types that have one. */
const TARGET_AT: ReadonlyMap<number, number> = new Map([
  [TYPE.CNAME, 0],
  [TYPE.NS, 0],
  [TYPE.PTR, 0],
  [TYPE.MX, 2],
  [TYPE.SRV, 6],
]);

/** `readName` reads names of a message, which has a header before them. */
const PAD = 12;

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([new Uint8Array(PAD), bytes]);
}
