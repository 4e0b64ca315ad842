/** Findings of validation, rendered with the words of apimachinery's `field.Error`: people search for them. */
import type { Json } from './json.ts';
import { ApiError, type Named } from './status.ts';

export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export function invalid(field: string, value: Json | undefined, detail: string): FieldError {
  return error('FieldValueInvalid', field, `Invalid value: ${show(value)}: ${detail}`);
}

export function required(field: string, detail = ''): FieldError {
  return error('FieldValueRequired', field, `Required value${detail === '' ? '' : `: ${detail}`}`);
}

export function duplicate(field: string, value: Json | undefined): FieldError {
  return error('FieldValueDuplicate', field, `Duplicate value: ${show(value)}`);
}

export function forbiddenField(field: string, detail: string): FieldError {
  return error('FieldValueForbidden', field, `Forbidden: ${detail}`);
}

export function tooMany(field: string, count: number, limit: number): FieldError {
  return error('FieldValueTooMany', field, `Too many: ${count}: must have at most ${limit} items`);
}

export function notSupported(field: string, value: string, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return error(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${show(value)}: supported values: ${list}`,
  );
}

/** 422 with one cause a finding. */
export function invalidObject(resource: Named, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  const told = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const group = resource.group === '' ? '' : `.${resource.group}`;
  return new ApiError(422, 'Invalid', `${resource.kind}${group} "${name}" is invalid: ${told}`, {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.kind,
    causes: errors.map(({ reason, field, message }) => ({ reason, message, field })),
  });
}

function error(reason: string, field: string, message: string): FieldError {
  return { reason, field, message };
}

function show(value: Json | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
