/** `template CLASS TYPE [ZONES…] { … }` */
import type { Pattern } from '../../../dns/rules/pattern/pattern.ts';
import type { RecordTemplate, Slot, Template } from '../../../dns/rules/rule.ts';
import { parseRecord } from '../../../dns/wire/masterText.ts';
import { UnusableConfig } from '../../place.ts';
import { NotOffered } from '../notOffered.ts';
import { patternOf } from '../pattern.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { checkCount, rcodeOf, typeOf } from '../values.ts';
import { zonesOr } from '../zones.ts';

const CLASSES = ['IN', 'CH', 'HS', 'ANY'];

export function readTemplate(statement: Statement, block: BlockDraft, reading: Reading): void {
  checkCount(statement, 2, 100, 'a class and a type: template IN AAAA');
  const [className = '', type, ...zones] = statement.args;
  if (!CLASSES.includes(className.toUpperCase())) {
    throw new UnusableConfig(statement, `template: ${JSON.stringify(className)} is no class`);
  }
  try {
    const template = readBody(
      statement,
      typeOf(type, statement),
      zonesOr(zones, block.zones, statement),
      reading,
    );
    // Only class IN has names that somebody would write rules for.
    if (['IN', 'ANY'].includes(className.toUpperCase())) block.rules.templates.push(template);
    else reading.warn(statement, `template: class ${className} is not offered`);
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    reading.warn(error.place, `template: not in force: ${error.message}`);
  }
}

function readBody(statement: Statement, type: number, zones: readonly string[], reading: Reading): Template {
  const template = { zones, type, rcode: 0, fallthrough: [] as readonly string[] };
  const matches: Pattern[] = [];
  const records: Record<'answer' | 'authority' | 'additional', RecordTemplate[]> = {
    answer: [],
    authority: [],
    additional: [],
  };
  for (const line of statement.body ?? []) {
    switch (line.name) {
      case 'match':
        for (const text of line.args) matches.push(patternOf(text, line));
        break;
      case 'answer':
      case 'authority':
      case 'additional':
        for (const text of line.args) records[line.name].push(recordTemplate(text, line));
        break;
      case 'rcode':
        template.rcode = rcodeOf(line.args[0], line);
        break;
      case 'fallthrough':
        template.fallthrough = zonesOr(line.args, zones, line);
        break;
      case 'upstream':
        reading.note(line, 'upstream: aliases are followed in any case');
        break;
      case 'ederror':
        reading.warn(line, 'template: ederror is not offered');
        break;
      default:
        throw new NotOffered(line, `${line.name} is not offered`);
    }
  }
  const { answer: answers, authority, additional } = records;
  return { ...template, matches, answers, authority, additional };
}

/** Cuts a record's text at `{{ … }}`. */
function recordTemplate(text: string, line: Statement): RecordTemplate {
  const parts: (string | Slot)[] = [];
  for (const [i, part] of text.split(/\{\{-?\s*(.*?)\s*-?\}\}/).entries()) {
    if (i % 2 === 0) parts.push(part);
    else parts.push(slotOf(part, line));
  }
  const [only = '', ...more] = parts;
  if (more.length === 0 && typeof only === 'string' && parseRecord(only) === undefined) {
    throw new UnusableConfig(line, `template: ${JSON.stringify(text)} is no record`);
  }
  return parts;
}

const PLAIN_SLOTS = [
  { expression: '.Name', slot: 'name' },
  { expression: '.Zone', slot: 'zone' },
  { expression: '.Type', slot: 'type' },
  { expression: '.Class', slot: 'class' },
] as const;

function slotOf(expression: string, line: Statement): Slot {
  const plain = PLAIN_SLOTS.find(({ expression: known }) => known === expression);
  if (plain !== undefined) return { slot: plain.slot };
  const [, index] = /^index \.Match (\d{1,3})$/.exec(expression) ?? [];
  if (index !== undefined) return { slot: 'match', group: Number(index) };
  const [, dotted, quoted] = /^(?:\.Group\.(\w+)|index \.Group "(\w+)")$/.exec(expression) ?? [];
  const group = dotted ?? quoted;
  if (group === undefined) throw new NotOffered(line, `{{ ${expression} }} is not offered`);
  return { slot: 'match', group };
}
