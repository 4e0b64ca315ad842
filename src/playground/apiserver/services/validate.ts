/** The part of a Service's validation that decides what a node agent can ever see. */
import { parseCidr } from '../../../net/cidr.ts';
import { canonicalIP } from '../../../net/ip.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from '../objects/fieldError.ts';
import { type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../objects/json.ts';
import { subdomainError } from '../objects/names.ts';
import type { KubeObject } from '../objects/object.ts';
import { hasClusterIP, isHeadless, reachedFromOutside, specOf } from './spec.ts';
import { portErrors } from './validatePorts.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const MAX_AFFINITY_SECONDS = 86_400;
const NOT_AN_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function validateService(service: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = specOf(service);
  return [
    ...oneOf(spec, 'type', TYPES),
    ...oneOf(spec, 'sessionAffinity', ['ClientIP', 'None']),
    ...affinityErrors(spec),
    ...(hasClusterIP(spec) ? clusterIPErrors(spec, old) : externalNameErrors(spec)),
    ...(hasClusterIP(spec) ? oneOf(spec, 'internalTrafficPolicy', POLICIES) : []),
    ...(reachedFromOutside(spec) ? oneOf(spec, 'externalTrafficPolicy', POLICIES) : []),
    ...addressErrors(spec),
    ...portErrors(spec),
  ];
}

function oneOf(spec: JsonObject, field: string, supported: readonly string[]): readonly FieldError[] {
  const value = textAt(spec, field);
  return supported.includes(value) ? [] : [notSupported(`spec.${field}`, value, supported)];
}

function affinityErrors(spec: JsonObject): readonly FieldError[] {
  if (textAt(spec, 'sessionAffinity') !== 'ClientIP') return [];
  const timeout = numberAt(objectAt(spec, 'sessionAffinityConfig', 'clientIP'), 'timeoutSeconds');
  if (timeout > 0 && timeout <= MAX_AFFINITY_SECONDS) return [];
  const why = `must be greater than 0 and less than or equal to ${MAX_AFFINITY_SECONDS}`;
  return [invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, why)];
}

function externalNameErrors(spec: JsonObject): readonly FieldError[] {
  const name = textAt(spec, 'externalName');
  const why = subdomainError(name.replace(/\.$/, ''));
  const taken =
    textAt(spec, 'clusterIP') === ''
      ? []
      : [forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services')];
  if (name === '') return [...taken, required('spec.externalName')];
  return why === undefined ? taken : [...taken, invalid('spec.externalName', name, why)];
}

function clusterIPErrors(spec: JsonObject, old: KubeObject | undefined): readonly FieldError[] {
  const type = textAt(spec, 'type');
  const [first = textAt(spec, 'clusterIP')] = textsAt(spec, 'clusterIPs');
  if (old !== undefined && hasClusterIP(specOf(old)) && first !== textAt(specOf(old), 'clusterIP')) {
    return [invalid('spec.clusterIPs[0]', first, 'may not change once set')];
  }
  if (isHeadless(spec)) {
    return type === 'ClusterIP'
      ? []
      : [invalid('spec.clusterIPs[0]', first, `may not be set to 'None' for ${type} services`)];
  }
  const ips =
    textsAt(spec, 'clusterIPs').length > 0 ? textsAt(spec, 'clusterIPs') : [first].filter((ip) => ip !== '');
  if (ips.length > 2) return [invalid('spec.clusterIPs', ips, 'may only hold up to 2 values')];
  return ips.flatMap((ip, i) =>
    canonicalIP(ip) === undefined ? [invalid(`spec.clusterIPs[${i}]`, ip, NOT_AN_IP)] : [],
  );
}

function addressErrors(spec: JsonObject): readonly FieldError[] {
  const externalIPs = listAt(spec, 'externalIPs').flatMap((ip, i) =>
    typeof ip === 'string' && canonicalIP(ip) !== undefined
      ? []
      : [invalid(`spec.externalIPs[${i}]`, ip, NOT_AN_IP)],
  );
  const ranges = listAt(spec, 'loadBalancerSourceRanges').flatMap((range, i) =>
    typeof range === 'string' && parseCidr(range) !== undefined
      ? []
      : [
          invalid(
            `spec.loadBalancerSourceRanges[${i}]`,
            range,
            'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
          ),
        ],
  );
  return [...externalIPs, ...ranges];
}
