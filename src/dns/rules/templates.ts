/** Answers made from templates. */
import { RCODE, TYPE } from '../wire/codes.ts';
import { parseRecord } from '../wire/masterText.ts';
import type { Rr } from '../wire/record.ts';
import { zoneOf } from './match.ts';
import type { Groups, Pattern } from './pattern/pattern.ts';
import type { LocalAnswer, RecordTemplate, Template } from './rule.ts';

/** What slots stand for. */
interface Filling {
  /** With a dot at the end. */
  readonly name: string;
  readonly zone: string;
  readonly type: number;
  /** `undefined`: the template matches every name. */
  readonly groups: Groups | undefined;
}

const TYPE_NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, code]) => [code, name]));

/** The first template that the question matches; `undefined`: it goes on. `name` ends in a dot. */
export function answerByTemplate(
  templates: readonly Template[],
  name: string,
  type: number,
): LocalAnswer | undefined {
  for (const template of templates) {
    const zone = zoneOf(name, template.zones);
    const sameType = template.type === type || template.type === TYPE.ANY || type === TYPE.ANY;
    if (zone === undefined || !sameType) continue;
    const groups = firstMatch(template.matches, name);
    if (groups !== undefined || template.matches.length === 0)
      return fill(template, { name, zone, type, groups });
    if (zoneOf(name, template.fallthrough) !== undefined) continue;
    return { rcode: RCODE.NXDOMAIN, answers: [], authority: [], additional: [] };
  }
  return undefined;
}

function firstMatch(patterns: readonly Pattern[], name: string): Groups | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fill(template: Template, filling: Filling): LocalAnswer {
  const answers = recordsOf(template.answers, filling);
  const authority = recordsOf(template.authority, filling);
  const additional = recordsOf(template.additional, filling);
  // What was put in made no record of it, such as 1.2.3.400: one that is left out would be an answer of its own.
  const broken = answers === undefined || authority === undefined || additional === undefined;
  return broken
    ? { rcode: RCODE.SERVFAIL, answers: [], authority: [], additional: [] }
    : { rcode: template.rcode, answers, authority, additional };
}

function recordsOf(templates: readonly RecordTemplate[], filling: Filling): Rr[] | undefined {
  const records: Rr[] = [];
  for (const template of templates) {
    const record = parseRecord(template.map((part) => textOf(part, filling)).join(''));
    if (record === undefined) return undefined;
    records.push(record);
  }
  return records;
}

function textOf(part: RecordTemplate[number], { name, zone, type, groups }: Filling): string {
  if (typeof part === 'string') return part;
  switch (part.slot) {
    case 'name':
      return name;
    case 'zone':
      return `${zone}.`;
    case 'type':
      return TYPE_NAMES.get(type) ?? `TYPE${type}`;
    case 'class':
      return 'IN';
    case 'match':
      return groups?.get(part.group) ?? (part.group === 0 ? name : '');
    default:
      return part satisfies never;
  }
}
