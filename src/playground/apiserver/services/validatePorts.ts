import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from '../objects/fieldError.ts';
import { type JsonObject, numberAt, textAt } from '../objects/json.ts';
import { label1123Error } from '../objects/names.ts';
import { hasClusterIP, hasNodePorts, isHeadless, portKey, portsOf, PROTOCOLS } from './spec.ts';

const OUT_OF_RANGE = 'must be between 1 and 65535, inclusive';

/** Everything about `spec.ports` but what depends on other Services. */
export function portErrors(spec: JsonObject): readonly FieldError[] {
  const ports = portsOf(spec);
  if (ports.length === 0) return hasClusterIP(spec) && !isHeadless(spec) ? [required('spec.ports')] : [];
  const errors = ports.flatMap((port, i) => onePort(spec, port, `spec.ports[${i}]`, ports.length > 1));
  return [...errors, ...repetitions(ports)];
}

function onePort(spec: JsonObject, port: JsonObject, field: string, several: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = textAt(port, 'name');
  const nameWrong = name === '' ? undefined : label1123Error(name);
  if (name === '' && several) errors.push(required(`${field}.name`));
  if (nameWrong !== undefined) errors.push(invalid(`${field}.name`, name, nameWrong));
  if (!isPort(numberAt(port, 'port')))
    errors.push(invalid(`${field}.port`, numberAt(port, 'port'), OUT_OF_RANGE));
  const protocol = textAt(port, 'protocol');
  if (!PROTOCOLS.some((known) => known === protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS.toSorted()));
  }
  errors.push(...targetErrors(port, `${field}.targetPort`));
  if (numberAt(port, 'nodePort') !== 0 && !hasNodePorts(spec)) {
    errors.push(
      forbiddenField(`${field}.nodePort`, `may not be used when \`type\` is '${textAt(spec, 'type')}'`),
    );
  }
  return errors;
}

function targetErrors(port: JsonObject, field: string): readonly FieldError[] {
  const target = port['targetPort'];
  if (typeof target === 'number') return isPort(target) ? [] : [invalid(field, target, OUT_OF_RANGE)];
  if (typeof target !== 'string') return [];
  // IANA's rule for service names, RFC 6335 5.1.
  const fits = target.length <= 15 && /^[a-z0-9](-?[a-z0-9])*$/.test(target) && /[a-z]/.test(target);
  return fits
    ? []
    : [
        invalid(
          field,
          target,
          'must be an IANA service name: 15 lower case letters, digits and single hyphens at most, and a letter',
        ),
      ];
}

function repetitions(ports: readonly JsonObject[]): readonly FieldError[] {
  const seen = new Set<string>();
  const again = (key: string): boolean => seen.size === seen.add(key).size;
  return ports.flatMap((port, i) => {
    const { name, nodePort } = { name: textAt(port, 'name'), nodePort: numberAt(port, 'nodePort') };
    const number = numberAt(port, 'port');
    const protocol = textAt(port, 'protocol');
    const found: FieldError[] = [];
    if (name !== '' && again(`name ${name}`)) found.push(duplicate(`spec.ports[${i}].name`, name));
    if (again(`port ${portKey(number, protocol)}`)) {
      found.push(duplicate(`spec.ports[${i}]`, { port: number, protocol }));
    }
    if (nodePort !== 0 && again(`nodePort ${portKey(nodePort, protocol)}`)) {
      found.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    }
    return found;
  });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
