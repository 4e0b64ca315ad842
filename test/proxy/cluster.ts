/** Small clusters for the tests of routing. */
import { Catalog } from '../../src/catalog/catalog.ts';
import type { Picture } from '../../src/catalog/picture.ts';
import type {
  EndpointRecord,
  EndpointSliceRecord,
  ObjectRecord,
  ServiceRecord,
} from '../../src/kube/records.ts';
import { type Cidr, parseCidr } from '../../src/net/cidr.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { endpointRecord, nodeRecord, portRecord, serviceRecord, sliceRecord } from '../support/records.ts';

export const NODE = 'here';
export const NODE_IP = '192.168.0.2';
export const POD = '10.0.0.2';
export const OUTSIDE = '203.0.113.2';

export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

export function proxySettings(fields: Partial<ProxySettings> = {}): ProxySettings {
  return {
    nodeName: NODE,
    detectLocal: { mode: 'ClusterCIDR' },
    clusterCidrs: [cidr('10.0.0.0/8'), cidr('fd00:10::/32')],
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    localhostNodePorts: true,
    dnsService: 'kube-system/kube-dns',
    iptablesBackend: 'auto',
    families: 'auto',
    ...fields,
  };
}

export function loadedCatalog(records: readonly ObjectRecord[]): Catalog {
  const catalog = new Catalog({ nodeName: NODE });
  catalog.upsert(nodeRecord(NODE, { addresses: [NODE_IP, 'fd00:192::2'] }));
  for (const record of records) catalog.upsert(record);
  for (const kind of ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}

export function pictureOf(records: readonly ObjectRecord[]): Picture {
  return loadedCatalog(records).picture;
}

/** A Service with the port `p80`. */
export function service(
  key: string,
  clusterIPs: string | readonly string[],
  fields: Partial<ServiceRecord> = {},
): ServiceRecord {
  return serviceRecord(key, {
    clusterIPs: typeof clusterIPs === 'string' ? [clusterIPs] : clusterIPs,
    ports: [portRecord({ name: 'p80' })],
    ...fields,
  });
}

/** A slice of a Service with its port `p80` at 80 on these endpoints. */
export function slice(
  key: string,
  endpoints: readonly (string | EndpointRecord)[],
  fields: Partial<EndpointSliceRecord> = {},
): EndpointSliceRecord {
  return sliceRecord(`${key}-x`, {
    ports: [{ name: 'p80', protocol: 'TCP', port: 80 }],
    endpoints: endpoints.map((endpoint) =>
      typeof endpoint === 'string' ? endpointRecord(endpoint) : endpoint,
    ),
    ...fields,
  });
}

/** An endpoint on this node. */
export function here(address: string, fields: Partial<EndpointRecord> = {}): EndpointRecord {
  return endpointRecord(address, { nodeName: NODE, ...fields });
}
