/** An EndpointSlice record, judged and made canonical. */
import type { Problem } from '../../kube/problem.ts';
import type { EndpointRecord, EndpointSliceRecord } from '../../kube/records.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import type { Endpoint, EndpointGroup } from '../endpoint.ts';
import { readAddress } from './addresses.ts';
import { Findings, quoted } from './findings.ts';
import { checkLabel, isLabel } from './names.ts';
import { readEndpointPorts } from './ports.ts';

export interface SliceReading {
  /** `namespace/name` of its Service; empty when it belongs to none. */
  readonly serviceKey: string;
  /** `undefined` when no safe use can be made of the object as a whole. */
  readonly group: EndpointGroup | undefined;
  readonly problems: readonly Problem[];
}

const SERVICE_NAME = 'metadata.labels[kubernetes.io/service-name]';

/**
 * A bad endpoint or port costs that one alone. The whole slice is unusable when its address type is not IPv4 or
 * IPv6, or when it lists endpoints and not one is good.
 */
export function readSlice(record: EndpointSliceRecord, nodeName: string, origin?: string): SliceReading {
  const findings = new Findings(record, origin);
  const { namespace, serviceName, addressType } = record;
  if (serviceName === '') findings.add(SERVICE_NAME, 'is missing: the slice belongs to no Service');
  else if (!isFamily(addressType)) findings.add('addressType', `${quoted(addressType)} is not IPv4 or IPv6`);
  const named =
    serviceName !== '' &&
    checkLabel(namespace, 'metadata.namespace', findings) &&
    checkLabel(serviceName, SERVICE_NAME, findings);
  if (!named) return { serviceKey: '', group: undefined, problems: findings.all() };

  const group = isFamily(addressType) ? readGroup(record, addressType, nodeName, findings) : undefined;
  return { serviceKey: `${namespace}/${serviceName}`, group, problems: findings.all() };
}

function isFamily(text: string): text is Family {
  return text === 'IPv4' || text === 'IPv6';
}

function readGroup(
  record: EndpointSliceRecord,
  family: Family,
  nodeName: string,
  findings: Findings,
): EndpointGroup | undefined {
  const endpoints = record.endpoints.flatMap((entry, i) => {
    const endpoint = readEndpoint(entry, `endpoints[${i}]`, family, nodeName, findings);
    return endpoint === undefined ? [] : [endpoint];
  });
  if (record.endpoints.length > 0 && endpoints.length === 0) return undefined;
  return {
    name: record.name,
    family,
    ports: readEndpointPorts(record.ports, findings),
    // Controllers write endpoints in any order; in this one, the same set is the same slice.
    endpoints: endpoints.sort((a, b) => (a.address === b.address ? 0 : a.address < b.address ? -1 : 1)),
    triggeredAt: record.triggeredAt,
  };
}

function readEndpoint(
  record: EndpointRecord,
  field: string,
  family: Family,
  nodeName: string,
  findings: Findings,
): Endpoint | undefined {
  const address = readAddress(record.address, `${field}.addresses[0]`, findings);
  if (address === undefined) return undefined;
  if (familyOf(address) !== family) {
    findings.add(`${field}.addresses[0]`, `${address} is not an ${family} address`);
    return undefined;
  }
  return {
    address,
    ready: record.ready,
    serving: record.serving,
    terminating: record.terminating,
    // An agent that does not know its node has no endpoint of its own.
    local: nodeName !== '' && record.nodeName === nodeName,
    hostname: readHostname(record.hostname, `${field}.hostname`, findings),
    podName: record.podName,
    nodeName: record.nodeName,
    zone: record.zone,
    zoneHints: record.zoneHints,
    nodeHints: record.nodeHints,
  };
}

/** Without its host name an endpoint still has the name made of its address. */
function readHostname(text: string, field: string, findings: Findings): string {
  if (text === '' || isLabel(text)) return text;
  checkLabel(text, field, findings);
  return '';
}
