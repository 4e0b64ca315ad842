/** Names and labels that an object may carry, with apimachinery's words for those that it may not. */
import { type FieldError, invalid, required } from './fieldError.ts';
import { objectAt } from './json.ts';
import { type KubeObject, nameOf } from './object.ts';
import type { Named } from './status.ts';

const LABEL_1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** What is wrong with a DNS label (RFC 1123), `undefined` when nothing is. */
export function label1123Error(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters';
  if (LABEL_1123.test(text)) return undefined;
  return (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character " +
    "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  );
}

/** What is wrong with a DNS label that begins with a letter (RFC 1035): a Service's name. */
export function label1035Error(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters';
  if (LABEL_1035.test(text)) return undefined;
  return (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character " +
    "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  );
}

/** What is wrong with a DNS name in lower case. */
export function subdomainError(text: string): string | undefined {
  if (text.length > 253) return 'must be no more than 253 characters';
  if (SUBDOMAIN.test(text)) return undefined;
  return (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character " +
    "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  );
}

/** Name and labels of any object. */
export function objectMetaErrors(resource: Named, object: KubeObject): readonly FieldError[] {
  return [...nameErrors(resource, nameOf(object)), ...labelErrors(object)];
}

function nameErrors(resource: Named, name: string): readonly FieldError[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  const detail = nameRule(resource.kind)(name);
  return detail === undefined ? [] : [invalid('metadata.name', name, detail)];
}

function nameRule(kind: string): (name: string) => string | undefined {
  switch (kind) {
    case 'Service':
      return label1035Error;
    case 'Namespace':
      return label1123Error;
    default:
      return subdomainError;
  }
}

function labelErrors(object: KubeObject): readonly FieldError[] {
  return Object.entries(objectAt(object, 'metadata', 'labels')).flatMap(([key, value]) => {
    const name = key.slice(key.indexOf('/') + 1);
    if (!QUALIFIED.test(name) || name.length > 63) {
      return [
        invalid('metadata.labels', key, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
      ];
    }
    if (typeof value === 'string' && (value === '' || (QUALIFIED.test(value) && value.length <= 63)))
      return [];
    return [
      invalid(
        'metadata.labels',
        value,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'",
      ),
    ];
  });
}
