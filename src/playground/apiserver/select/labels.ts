/** Label selectors, equality-based and set-based: `app=web,tier in (front, back),!canary`. */
import { isList, isObject, type Json, type JsonObject, objectAt, textAt, textsAt } from '../objects/json.ts';
import { badRequest } from '../objects/status.ts';

/** Whether an object with these labels is selected. */
export type LabelSelector = (labels: JsonObject) => boolean;

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s=!<>]+)\s*(==|=|!=|>|<)\s*(\S*)$/;
const EXISTS = /^(!?)\s*([^\s=!<>()]+)$/;

/** Throws a 400 that repeats the part it cannot read. */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return (labels) => requirements.every((requirement) => requirement(labels));
}

/** The selector of a Deployment or a controller: `{matchLabels, matchExpressions}`; an empty one selects all. */
export function labelSelectorOf(selector: JsonObject): LabelSelector {
  const equalities = Object.entries(objectAt(selector, 'matchLabels'));
  const expressions = selector['matchExpressions'];
  const rest = (isList(expressions) ? expressions : []).filter(isObject).map(expressionOf);
  return (labels) =>
    equalities.every(([key, value]) => labels[key] === value) && rest.every((one) => one(labels));
}

function expressionOf(expression: JsonObject): LabelSelector {
  const key = textAt(expression, 'key');
  return requirementOf(key, textAt(expression, 'operator').toLowerCase(), textsAt(expression, 'values'));
}

function parseRequirement(text: string): LabelSelector {
  const set = SET.exec(text);
  if (set?.[1] !== undefined && set[2] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return requirementOf(set[1], set[2], values);
  }
  const equality = EQUALITY.exec(text);
  if (equality?.[1] !== undefined && equality[2] !== undefined) {
    return requirementOf(equality[1], equality[2], [equality[3] ?? '']);
  }
  const exists = EXISTS.exec(text);
  if (exists?.[2] !== undefined) return requirementOf(exists[2], exists[1] === '!' ? '!' : 'exists', []);
  throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
}

function requirementOf(key: string, operator: string, values: readonly string[]): LabelSelector {
  const has = (value: Json | undefined): boolean => typeof value === 'string' && values.includes(value);
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return (labels) => has(labels[key]);
    // An object without the label is selected too.
    case '!=':
    case 'notin':
      return (labels) => !has(labels[key]);
    case 'exists':
      return (labels) => labels[key] !== undefined;
    case '!':
    case 'doesnotexist':
      return (labels) => labels[key] === undefined;
    case '>':
      return (labels) => labels[key] !== undefined && Number(labels[key]) > Number(values[0]);
    case '<':
      return (labels) => labels[key] !== undefined && Number(labels[key]) < Number(values[0]);
    default:
      throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

function splitOutsideParentheses(text: string): string[] {
  const parts = text.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
