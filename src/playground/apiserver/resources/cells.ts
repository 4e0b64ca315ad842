/** Pieces of the columns of `kubectl get`. */
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from '../objects/json.ts';

export function orNone(text: string): string {
  return text === '' ? '<none>' : text;
}

/** `app=web,tier=front` */
export function pairs(labels: JsonObject): string {
  return orNone(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : ''}`)
      .join(','),
  );
}

/** The first three, and how many more. */
export function someOf(items: readonly string[]): string {
  const rest = items.length - 3;
  return orNone(rest > 0 ? `${items.slice(0, 3).join(',')} + ${rest} more...` : items.join(','));
}

/** Status of the condition of a type, `''` when there is none: `True`, `False`, `Unknown`. */
export function conditionOf(object: JsonObject, type: string): string {
  return textAt(
    conditions(object).find((one) => one['type'] === type),
    'status',
  );
}

/** Addresses of a Node of one type. */
export function addressOf(node: JsonObject, type: string): string {
  const found = listAt(node, 'status', 'addresses')
    .filter(isObject)
    .find((one) => one['type'] === type);
  return orNone(textAt(found, 'address'));
}

export function keysOf(object: JsonObject, ...fields: readonly string[]): Json {
  return String(fields.reduce((sum, field) => sum + Object.keys(objectAt(object, field)).length, 0));
}

function conditions(object: JsonObject): readonly JsonObject[] {
  return listAt(object, 'status', 'conditions').filter(isObject);
}
