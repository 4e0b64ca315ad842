/** Field selectors: `metadata.name=web,spec.type!=ExternalName`, on the few fields a resource offers. */
import { badRequest } from '../objects/status.ts';

/** Values of the selectable fields of one object. */
export type SelectableFields = Readonly<Record<string, string>>;

export type FieldSelector = (fields: SelectableFields) => boolean;

const TERM = /^([^=!]+?)\s*(!=|==|=)(.*)$/;

/** Throws a 400 for a field that is not among `known`, as the real server does. */
export function parseFieldSelector(text: string, known: readonly string[]): FieldSelector {
  const terms = splitUnescaped(text).map((term) => parseTerm(term, known));
  return (fields) => terms.every((matches) => matches(fields));
}

function parseTerm(text: string, known: readonly string[]): FieldSelector {
  const [, field, operator, value] = TERM.exec(text) ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  }
  if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
  const wanted = value.replace(/\\([\\,=])/g, '$1');
  return operator === '!=' ? (fields) => fields[field] !== wanted : (fields) => fields[field] === wanted;
}

/** A comma inside a value is written `\,`. */
function splitUnescaped(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).filter((term) => term !== '');
}
