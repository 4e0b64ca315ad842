/** Which IP families a Service has: what it asks for, met with what the cluster has. */
import { canonicalIP, type Family, familyOf } from '../../../net/ip.ts';
import { type FieldError, invalid } from '../objects/fieldError.ts';
import { type JsonObject, objectAt, textAt, textsAt } from '../objects/json.ts';
import { isHeadless } from './spec.ts';

export interface Families {
  readonly policy: string;
  readonly families: readonly Family[];
}

/**
 * @param configured the cluster's, the default first
 * @param isNew only an update may ask for less than the fields show, to go back to one family
 */
export function chooseFamilies(
  spec: JsonObject,
  configured: readonly Family[],
  isNew: boolean,
): Families | FieldError {
  // A headless Service without selector has endpoints of unknown families: the API assumes both, whatever the cluster has.
  const open = isHeadless(spec) && Object.keys(objectAt(spec, 'selector')).length === 0;
  const asked = askedFamilies(spec);
  const two = asked.length > 1 || textsAt(spec, 'clusterIPs').length > 1;
  const policy = textAt(spec, 'ipFamilyPolicy') || (open || two ? 'RequireDualStack' : 'SingleStack');
  if (policy === 'SingleStack' && two && isNew) {
    return invalid(
      'spec.ipFamilyPolicy',
      policy,
      'must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified',
    );
  }
  const [first = configured[0] ?? 'IPv4', second = other(first)] = asked;
  const both = policy !== 'SingleStack' && (open || asked.length > 1 || configured.length > 1);
  if (policy === 'RequireDualStack' && !both) {
    return invalid('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services');
  }
  const families = both ? [first, second] : [first];
  const strange = open ? -1 : families.findIndex((family) => !configured.includes(family));
  if (strange < 0) return { policy, families };
  return invalid(`spec.ipFamilies[${strange}]`, families[strange], 'not configured on this cluster');
}

function askedFamilies(spec: JsonObject): readonly Family[] {
  const named = textsAt(spec, 'ipFamilies').filter((text) => text === 'IPv4' || text === 'IPv6');
  if (named.length > 0 || isHeadless(spec)) return named;
  return textsAt(spec, 'clusterIPs').flatMap((ip) => {
    const address = canonicalIP(ip);
    return address === undefined ? [] : [familyOf(address)];
  });
}

function other(family: Family): Family {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}
