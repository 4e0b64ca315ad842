/** Clusters as a user would describe them, drawn at random from few names, so that they meet. */
import fc from 'fast-check';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import {
  endpointRecord,
  namespaceRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../../support/records.ts';

export interface DrawnPort {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

export interface DrawnSlice {
  readonly family: 4 | 6;
  readonly ports: readonly DrawnPort[];
  readonly endpoints: readonly {
    readonly address: string;
    readonly hostname: string;
    readonly ready: boolean;
  }[];
}

export interface DrawnService {
  readonly name: string;
  readonly kind: 'clusterIP' | 'headless' | 'external';
  /** Of a clusterIP Service; empty while none is allocated. */
  readonly families: readonly (4 | 6)[];
  readonly ports: readonly DrawnPort[];
  readonly externalName: string;
  readonly slices: readonly DrawnSlice[];
}

export interface DrawnCluster {
  /** Those that exist, with or without Services. */
  readonly namespaces: readonly string[];
  /** By namespace, one that does not exist included. */
  readonly services: Readonly<Record<string, readonly DrawnService[]>>;
}

export const NAMESPACES = ['a', 'prod', 'ghost'] as const;
export const SERVICES = ['web', 'db', 'x-1'] as const;
export const HOSTNAMES: readonly string[] = ['', 'h1', 'h2', 'web'];
const ADDRESSES = {
  4: ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.20.30.40'],
  6: ['2001:db8::1', '2001:db8::2', 'fd00:1:2:3:4:5:6:7', '2001:db8:1::'],
} as const;

const port = fc.record({
  name: fc.constantFrom('http', 'dns', 'x'),
  protocol: fc.constantFrom('TCP', 'UDP'),
  port: fc.constantFrom(53, 80, 8080),
});
/** The API server takes no name twice, and no number twice with one protocol. */
const ports = fc.uniqueArray(port, {
  maxLength: 3,
  comparator: (a, b) => a.name === b.name || (a.port === b.port && a.protocol === b.protocol),
});
/** A single port may be without a name. */
const servicePorts = fc.oneof(
  ports,
  port.map((only): DrawnPort[] => [{ ...only, name: '' }]),
);

const slice = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  fc.record({
    family: fc.constant(family),
    ports: servicePorts,
    endpoints: fc.uniqueArray(
      fc.record({
        address: fc.constantFrom(...ADDRESSES[family]),
        hostname: fc.constantFrom(...HOSTNAMES),
        ready: fc.boolean(),
      }),
      { maxLength: 4, selector: ({ address }) => address },
    ),
  }),
);

const externalName = fc.constantFrom(
  'ext.example.com',
  'web.a.svc.cluster.local',
  'db.prod.svc.cluster.local',
  'x-1.a.svc.cluster.local',
  'h1.web.a.svc.cluster.local',
  '_http._tcp.db.a.svc.cluster.local',
  'nobody.a.svc.cluster.local',
  '10-1-0-1.a.pod.cluster.local',
  'cluster.local',
  'xcluster.local',
);

const service = fc.record({
  name: fc.constantFrom(...SERVICES),
  kind: fc.constantFrom('clusterIP', 'clusterIP', 'headless', 'headless', 'external'),
  families: fc.constantFrom([4], [6], [4, 6], []) as fc.Arbitrary<(4 | 6)[]>,
  ports: servicePorts,
  externalName,
  slices: fc.array(slice, { maxLength: 3 }),
}) satisfies fc.Arbitrary<DrawnService>;

const services = fc.uniqueArray(service, { maxLength: 3, selector: ({ name }) => name });

export const cluster: fc.Arbitrary<DrawnCluster> = fc.record({
  namespaces: fc.uniqueArray(fc.constantFrom('a', 'prod'), { minLength: 1 }),
  services: fc.record({ a: services, prod: services, ghost: services }),
});

/** No two Services have one clusterIP: the API server sees to it. */
export function clusterIPsOf(namespace: string, { name, families }: DrawnService): string[] {
  const number =
    1 + 10 * NAMESPACES.findIndex((n) => n === namespace) + SERVICES.findIndex((n) => n === name);
  return families.map((family) => (family === 4 ? `10.96.0.${number}` : `fd00:96::${number.toString(16)}`));
}

/** The same as the objects that a source would tell. */
export function recordsOf(drawn: DrawnCluster): ObjectRecord[] {
  const records: ObjectRecord[] = drawn.namespaces.map(namespaceRecord);
  for (const [namespace, list] of Object.entries(drawn.services)) {
    for (const each of list) {
      const key = `${namespace}/${each.name}`;
      records.push(serviceRecord(key, fieldsOf(namespace, each)));
      for (const [i, { family, endpoints, ports: slicePorts }] of each.slices.entries()) {
        const fields = {
          serviceName: each.name,
          addressType: `IPv${family}`,
          ports: slicePorts,
          endpoints: endpoints.map(({ address, hostname, ready }) =>
            endpointRecord(address, { hostname, ready }),
          ),
        } as const;
        records.push(sliceRecord(`${key}-s${i}`, fields));
      }
    }
  }
  return records;
}

function fieldsOf(namespace: string, drawn: DrawnService): Parameters<typeof serviceRecord>[1] {
  const servicePortRecords = drawn.ports.map((each) => portRecord(each));
  switch (drawn.kind) {
    case 'external':
      return { type: 'ExternalName', externalName: drawn.externalName, ports: servicePortRecords };
    case 'headless':
      return { clusterIPs: ['None'], ports: servicePortRecords };
    case 'clusterIP':
      return { clusterIPs: clusterIPsOf(namespace, drawn), ports: servicePortRecords };
    default:
      return drawn.kind satisfies never;
  }
}
