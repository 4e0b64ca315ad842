/** `rewrite [continue|stop] FIELD …`, its words in one line or in a body. */
import type { AnswerRewrite, NameMatch, Rewrite, Substitution } from '../../../dns/rules/rule.ts';
import { UnusableConfig } from '../../place.ts';
import { NotOffered } from '../notOffered.ts';
import { patternOf } from '../pattern.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { typeOf } from '../values.ts';

const KINDS = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;
const MOST_SECONDS = 2 ** 31 - 1;

export function readRewrite(statement: Statement, block: BlockDraft, reading: Reading): void {
  const words = [...statement.args, ...(statement.body ?? []).flatMap((line) => [line.name, ...line.args])];
  const continues = words[0] === 'continue';
  if (continues || words[0] === 'stop') words.shift();
  try {
    block.rules.rewrites.push(readRule(words, continues, statement));
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    reading.warn(statement, `rewrite: ${error.message}`);
  }
}

function readRule([field = '', ...words]: readonly string[], continues: boolean, of: Statement): Rewrite {
  switch (field) {
    case 'name':
      return { field, continues, ...nameRule(words, of) };
    case 'type': {
      if (words.length !== 2) throw new UnusableConfig(of, 'rewrite type: expected two record types');
      return { field, continues, from: typeOf(words[0], of), to: typeOf(words[1], of) };
    }
    case 'ttl':
      return { field, continues, ...ttlRule(words, of) };
    case 'class':
    case 'edns0':
    case 'cname':
    case 'rcode':
      throw new NotOffered(of, `the field ${field} is not offered`);
    default:
      throw new UnusableConfig(of, `rewrite: unknown field ${JSON.stringify(field)}`);
  }
}

function nameRule(
  words: readonly string[],
  of: Statement,
): { match: NameMatch; to: string; answers: AnswerRewrite } {
  const [kind, [from, to, ...options]] = kindOf(words);
  if (from === undefined || to === undefined) {
    throw new UnusableConfig(of, 'rewrite name: expected a name and what takes its place');
  }
  const whole = kind === 'exact' || kind === 'suffix';
  return {
    match: matchOf(kind, from, of),
    to: whole ? absolute(to) : to.toLowerCase(),
    answers: answerRules(options, of),
  };
}

function ttlRule(words: readonly string[], of: Statement): { match: NameMatch; min: number; max: number } {
  const [kind, [from, seconds = '', ...more]] = kindOf(words);
  const [, single, low, high] = /^(?:(\d{1,10})|(\d{0,10})-(\d{0,10}))$/.exec(seconds) ?? [];
  if (from === undefined || (single ?? low) === undefined || seconds === '-' || more.length > 0) {
    throw new UnusableConfig(of, 'rewrite ttl: expected a name and seconds: example.org 30, or 30-300');
  }
  return {
    match: matchOf(kind, from, of),
    min: Number(single ?? low),
    max: Math.min(MOST_SECONDS, Number(single ?? (high || MOST_SECONDS))),
  };
}

function kindOf(words: readonly string[]): [kind: (typeof KINDS)[number], rest: readonly string[]] {
  const kind = KINDS.find((candidate) => candidate === words[0]);
  return kind === undefined ? ['exact', words] : [kind, words.slice(1)];
}

function matchOf(kind: (typeof KINDS)[number], text: string, of: Statement): NameMatch {
  switch (kind) {
    case 'regex':
      return { kind, regex: patternOf(text, of) };
    case 'exact':
    case 'suffix':
      return { kind, text: absolute(text) };
    case 'prefix':
    case 'substring':
      return { kind, text: text.toLowerCase() };
    default:
      return kind satisfies never;
  }
}

/** `answer auto`, `answer name REGEX NAME`, `answer value REGEX NAME`, any number of them. */
function answerRules(words: readonly string[], of: Statement): AnswerRewrite {
  let auto = false;
  const found: Record<'name' | 'value', Substitution[]> = { name: [], value: [] };
  for (let at = 0; at < words.length; ) {
    const [answer, field, from, to] = words.slice(at, at + 4);
    if (answer !== 'answer')
      throw new UnusableConfig(of, `rewrite: unknown option ${JSON.stringify(answer)}`);
    if (field === 'auto') {
      auto = true;
      at += 2;
      continue;
    }
    if ((field !== 'name' && field !== 'value') || from === undefined || to === undefined) {
      throw new UnusableConfig(
        of,
        'rewrite: expected answer auto, answer name FROM TO or answer value FROM TO',
      );
    }
    found[field].push({ regex: patternOf(from, of), to: to.toLowerCase() });
    at += 4;
  }
  return { auto, names: found.name, values: found.value };
}

function absolute(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`;
}
