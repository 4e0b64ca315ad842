/** Every type that is served. A kind that is not here is kept as it comes. */
import { CORE_TYPES } from './core.ts';
import { META_TYPES } from './meta.ts';
import { POD_TYPES } from './pod.ts';
import { RBAC_TYPES } from './rbac.ts';
import { type FieldType, parseTypes, type Schema } from './type.ts';

export const SCHEMA: Schema = parseTypes([META_TYPES, CORE_TYPES, POD_TYPES, RBAC_TYPES].join('\n'));

/** Type of a field of a value of some type; `undefined` when that is not known to have it. */
export function typeOfField(type: FieldType | undefined, field: string): FieldType | undefined {
  if (type?.kind === 'map') return type.of;
  if (type?.kind !== 'struct') return undefined;
  return SCHEMA.get(type.name)?.fields.get(field)?.type;
}

export function typeOfKind(kind: string): FieldType {
  return SCHEMA.has(kind) ? { kind: 'struct', name: kind } : { kind: 'any' };
}
