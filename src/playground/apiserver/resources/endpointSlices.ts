import { contains, parseCidr } from '../../../net/cidr.ts';
import { familyOf, canonicalIP } from '../../../net/ip.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../objects/fieldError.ts';
import { isObject, type Json, type JsonObject, listAt, numberAt, textAt, textsAt } from '../objects/json.ts';
import { subdomainError } from '../objects/names.ts';
import type { KubeObject } from '../objects/object.ts';
import { PROTOCOLS } from '../services/spec.ts';
import { orNone, someOf } from './cells.ts';
import { type Resource, resource } from './resource.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;

export const endpointSlices: Resource = resource({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  hasGeneration: true,
  defaults: (slice) => ({
    ...slice,
    endpoints: listAt(slice, 'endpoints'),
    ports: listAt(slice, 'ports').map(defaultPort),
  }),
  validate,
  columns: [
    { name: 'AddressType', cell: (slice) => textAt(slice, 'addressType') },
    { name: 'Ports', cell: (slice) => portsText(slice) },
    {
      name: 'Endpoints',
      cell: (slice) => someOf(endpointsOf(slice).flatMap((one) => textsAt(one, 'addresses'))),
    },
  ],
});

function defaultPort(port: Json): Json {
  return isObject(port) ? { name: '', protocol: 'TCP', ...port } : port;
}

function endpointsOf(slice: JsonObject): readonly JsonObject[] {
  return listAt(slice, 'endpoints').filter(isObject);
}

function portsText(slice: JsonObject): string {
  const ports = listAt(slice, 'ports').filter(isObject);
  return orNone(ports.map((port) => String(numberAt(port, 'port') || '*')).join(','));
}

function validate(slice: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const type = textAt(slice, 'addressType');
  const endpoints = endpointsOf(slice);
  const errors: FieldError[] = [];
  if (type === '') errors.push(required('addressType'));
  else if (!ADDRESS_TYPES.includes(type)) errors.push(notSupported('addressType', type, ADDRESS_TYPES));
  else if (old !== undefined && textAt(old, 'addressType') !== type)
    errors.push(invalid('addressType', type, 'field is immutable'));
  if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany('endpoints', endpoints.length, MAX_ENDPOINTS));
  return [
    ...errors,
    ...endpoints.flatMap((one, i) => addressesErrors(type, one, `endpoints[${i}].addresses`)),
    ...portErrors(slice),
  ];
}

function addressesErrors(type: string, endpoint: JsonObject, field: string): readonly FieldError[] {
  const addresses = textsAt(endpoint, 'addresses');
  if (addresses.length === 0) return [required(field, 'must contain at least 1 address')];
  if (addresses.length > MAX_ADDRESSES) return [tooMany(field, addresses.length, MAX_ADDRESSES)];
  return addresses.flatMap((address, i) => {
    const why = type === 'FQDN' ? subdomainError(address) : ipError(type, address);
    return why === undefined ? [] : [invalid(`${field}[${i}]`, address, why)];
  });
}

/** Addresses that only their own host can reach would let a slice point a Service at the node itself. */
function ipError(type: string, address: string): string | undefined {
  const ip = canonicalIP(address);
  if (ip === undefined || familyOf(ip) !== type) return `must be a valid ${type} address`;
  if (ip === '0.0.0.0' || ip === '::') return 'may not be unspecified (0.0.0.0 or ::)';
  if (isIn(ip, ['127.0.0.0/8', '::1/128'])) return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  if (isIn(ip, ['169.254.0.0/16', 'fe80::/10']))
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  if (isIn(ip, ['224.0.0.0/24', 'ff02::/16']))
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  return undefined;
}

function isIn(ip: string, ranges: readonly string[]): boolean {
  return ranges.some((range) => {
    const cidr = parseCidr(range);
    return cidr !== undefined && contains(cidr, ip);
  });
}

function portErrors(slice: JsonObject): readonly FieldError[] {
  const names = new Set<string>();
  return listAt(slice, 'ports')
    .filter(isObject)
    .flatMap((port, i) => {
      const name = textAt(port, 'name');
      const protocol = textAt(port, 'protocol');
      const errors: FieldError[] = [];
      if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
      if (!PROTOCOLS.some((known) => known === protocol))
        errors.push(notSupported(`ports[${i}].protocol`, protocol, PROTOCOLS.toSorted()));
      names.add(name);
      return errors;
    });
}
