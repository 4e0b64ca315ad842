/** The clusters that the tables speak of. */
import { Catalog } from '../../../src/catalog/catalog.ts';
import type { Picture } from '../../../src/catalog/picture.ts';
import type { DnsSettings } from '../../../src/dns/settings.ts';
import type { EndpointRecord, ObjectRecord } from '../../../src/kube/records.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  podRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../../support/records.ts';

export const SETTINGS: DnsSettings = {
  clusterDomain: 'cluster.local',
  dnsService: 'kube-system/kube-dns',
  ttl: 5,
  negativeTtl: 5,
  pods: 'insecure',
};

const http = [{ name: 'http', protocol: 'TCP', port: 80 }];

function clusterIP(key: string, ips: readonly string[], ports = [portRecord()]): ObjectRecord {
  return serviceRecord(key, { clusterIPs: ips, ports });
}

function headless(key: string, ports = [portRecord()]): ObjectRecord {
  return serviceRecord(key, { clusterIPs: ['None'], ports });
}

function external(key: string, externalName: string): ObjectRecord {
  return serviceRecord(key, { type: 'ExternalName', externalName, ports: [] });
}

function slice4(key: string, endpoints: readonly EndpointRecord[], ports = http): ObjectRecord {
  return sliceRecord(key, { endpoints, ports });
}

function slice6(key: string, endpoints: readonly EndpointRecord[], ports = http): ObjectRecord {
  return sliceRecord(key, { endpoints, ports, addressType: 'IPv6' });
}

const ready = endpointRecord;
const unready = (address: string): EndpointRecord => endpointRecord(address, { ready: false });

/** Namespaces `testns` and `podns`, and the DNS Service. */
export const RECORDS: readonly ObjectRecord[] = [
  ...['testns', 'podns', 'svcns', 'kube-system'].map(namespaceRecord),
  nodeRecord('n1', { addresses: ['192.168.7.1'] }),
  clusterIP('kube-system/kube-dns', ['10.0.0.250', 'fd00::250'], [portRecord({ name: 'dns', port: 53 })]),
  clusterIP('testns/svc1', ['10.0.0.1']),
  slice4('testns/svc1-a', [
    ready('172.0.1.1', { hostname: 'ep-one' }),
    unready('172.0.1.2'),
    ready('172.0.1.3'),
  ]),
  clusterIP('testns/svcempty', ['10.0.0.10']),
  clusterIP('testns/svc6', ['1234:abcd::1']),
  clusterIP('testns/svc-dual-stack', ['10.0.0.3', '10::3']),
  clusterIP(
    'testns/svc-two-ports',
    ['10.0.0.4'],
    [portRecord(), portRecord({ name: 'dns', protocol: 'UDP', port: 53 })],
  ),
  clusterIP('testns/svc-unnamed', ['10.0.0.5'], [portRecord({ name: '', port: 8080 })]),
  clusterIP('testns/svc-unallocated', []),
  headless('testns/hdls1'),
  slice4('testns/hdls1-a', [
    ready('172.0.0.2'),
    ready('172.0.0.3'),
    ready('172.0.0.4', { hostname: 'dup-name' }),
    ready('172.0.0.5', { hostname: 'dup-name' }),
    unready('172.0.0.6'),
  ]),
  slice6('testns/hdls1-b', [ready('5678:abcd::1'), ready('5678:abcd::2')]),
  headless('testns/hdlsprtls', []),
  slice4('testns/hdlsprtls-a', [ready('172.0.0.20')], []),
  headless('testns/hdls-unready'),
  slice4('testns/hdls-unready-a', [unready('172.0.0.30')]),
  headless('testns/hdls-six'),
  slice6('testns/hdls-six-a', [ready('2001:db8::')]),
  headless('testns/hdls-twice'),
  slice4('testns/hdls-twice-a', [ready('172.0.0.40')], [{ name: 'http', protocol: 'TCP', port: 8080 }]),
  slice4('testns/hdls-twice-b', [ready('172.0.0.40')], [{ name: 'tls', protocol: 'TCP', port: 8443 }]),
  headless('testns/hdls-publish'),
  slice4('testns/hdls-publish-a', [
    // A peer that is not serving yet, of a Service with publishNotReadyAddresses: the controller says ready.
    ready('172.0.0.50', { serving: false }),
    endpointRecord('172.0.0.51', { ready: false, terminating: true }),
  ]),
  headless('testns/hdls-fqdn'),
  sliceRecord('testns/hdls-fqdn-a', { addressType: 'FQDN', endpoints: [ready('db.example.com')] }),
  headless('testns/hdls-both'),
  slice4('testns/hdls-both-a', [ready('172.0.0.60')]),
  sliceRecord('testns/hdls-both-b', { addressType: 'FQDN', endpoints: [ready('db.example.com')] }),
  serviceRecord('testns/svc-balanced', {
    type: 'LoadBalancer',
    clusterIPs: ['10.0.0.11'],
    ports: [portRecord({ nodePort: 30_080 })],
    externalIPs: ['198.51.100.7'],
    ingress: [{ ip: '203.0.113.7', ipMode: 'VIP' }],
  }),
  clusterIP('testns/1st', ['10.0.0.12']),
  external('testns/external', 'ext.interwebs.test'),
  external('testns/external-to-service', 'svc1.testns.svc.cluster.local'),
  external('testns/external-to-six', 'svc6.testns.svc.cluster.local'),
  external('testns/external-to-nothing', 'svc0.testns.svc.cluster.local'),
  external('testns/external-address', '10.9.8.7'),
  external('testns/external-digits', '010.1.2.3'),
  external('testns/loop', 'loop.testns.svc.cluster.local'),
  ...Array.from({ length: 12 }, (_, i) =>
    external(`testns/chain-${i + 1}`, `${i === 0 ? 'svc1' : `chain-${i}`}.testns.svc.cluster.local`),
  ),
  podRecord('podns/runner', { ips: ['10.240.0.1'] }),
];

/** Services with endpoints for reverse look-ups. */
export const REVERSE_RECORDS: readonly ObjectRecord[] = [
  namespaceRecord('testns'),
  clusterIP('testns/svc1', ['192.168.1.100']),
  slice4('testns/svc1-a', [
    ready('10.0.0.100', { hostname: 'ep1a' }),
    ready('10.0.0.99', { hostname: 'double' }),
  ]),
  slice4('testns/svc1-b', [ready('10.0.0.100', { hostname: 'ep1a' }), unready('10.0.0.98')]),
  slice6('testns/svc1-c', [
    ready('1234:abcd::1', { hostname: 'ep1b' }),
    ready('fd00:77:30::a', { hostname: 'ip6svc1ex' }),
    ready('fd00:77:30::2:9ba6', { hostname: 'ip6svc1in' }),
    ready('2001:DB8:0::00'),
  ]),
  clusterIP('testns/svc2', ['192.168.1.101', 'fd00:10::65']),
  slice4('testns/svc2-a', [ready('10.0.0.99', { hostname: 'double' }), ready('10.0.0.97')]),
  external('testns/outside', 'ext.interwebs.test'),
  slice4('testns/outside-a', [ready('10.0.0.96')]),
  slice4('testns/nobody-a', [ready('10.0.0.95')]),
  clusterIP('gone/svc', ['192.168.1.102']),
  slice4('gone/svc-a', [ready('10.0.0.94')]),
];

/** A catalog that has been told these, and published them. */
export function catalogOf(records: readonly ObjectRecord[], synced = true): Catalog {
  const catalog = new Catalog({ nodeName: 'n1' });
  for (const record of records) catalog.upsert(record);
  if (synced) for (const kind of ['Service', 'EndpointSlice', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}

export function pictureOf(records: readonly ObjectRecord[], synced = true): Picture {
  return catalogOf(records, synced).picture;
}
