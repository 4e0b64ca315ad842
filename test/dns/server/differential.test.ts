import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointRecord, ObjectRecord } from '../../../src/kube/records.ts';
import { endpointRecord, namespaceRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf } from '../support/cluster.ts';
import { makeResponder, TCP } from '../support/responder.ts';
import { show } from '../support/show.ts';

/** What dns2 makes of a message; it is CommonJS, and its types want an import of their own kind. */
interface Dns2Packet {
  readonly header: { readonly id: number; readonly rcode: number; readonly aa: number };
  readonly answers: readonly Dns2Record[];
  readonly authorities: readonly Dns2Record[];
  readonly additionals: readonly Dns2Record[];
}
interface Dns2Record {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly address?: string;
  readonly domain?: string;
  readonly priority?: number;
  readonly weight?: number;
  readonly port?: number;
  readonly target?: string;
}
const { Packet } = createRequire(import.meta.url)('dns2') as { Packet: { parse(bytes: Buffer): Dns2Packet } };

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const ip4 = fc.tuple(
  fc.integer({ min: 1, max: 223 }),
  fc.nat(255),
  fc.nat(255),
  fc.integer({ min: 1, max: 254 }),
);

interface Drawn {
  readonly name: string;
  readonly headless: boolean;
  readonly port: number;
  readonly endpoints: readonly {
    readonly address: string;
    readonly hostname: string;
    readonly ready: boolean;
  }[];
}

const endpoints = fc.uniqueArray(
  fc.record({
    address: ip4.map((octets) => octets.join('.')),
    hostname: fc.oneof(fc.constant(''), label),
    ready: fc.boolean(),
  }),
  { maxLength: 40, selector: ({ address }) => address },
);
const service: fc.Arbitrary<Drawn> = fc.record({
  name: label,
  headless: fc.boolean(),
  port: fc.integer({ min: 1, max: 65_535 }),
  endpoints,
});

function recordsOf(namespace: string, drawn: Drawn, clusterIP: string): ObjectRecord[] {
  const ports = [{ name: 'p', protocol: 'TCP', port: drawn.port }];
  const list: EndpointRecord[] = drawn.endpoints.map(({ address, hostname, ready }) =>
    endpointRecord(address, { hostname, ready }),
  );
  return [
    namespaceRecord(namespace),
    serviceRecord(`${namespace}/${drawn.name}`, {
      clusterIPs: [drawn.headless ? 'None' : clusterIP],
      ports: [{ name: 'p', protocol: 'TCP', port: drawn.port, nodePort: 0 }],
    }),
    sliceRecord(`${namespace}/${drawn.name}-a`, { ports, endpoints: list }),
  ];
}

test('any Service: two decoders read the same in each reply, and it is what the Service says', () => {
  fc.assert(
    fc.property(label, service, (namespace, drawn) => {
      const picture = pictureOf(recordsOf(namespace, drawn, '10.96.0.7'));
      const entry = picture.services.get(`${namespace}/${drawn.name}`);
      // The catalog's own business: it may refuse odd names and addresses.
      const usable = entry?.groups.flatMap((group) => group.endpoints).filter(({ ready }) => ready) ?? [];
      fc.pre(entry !== undefined);
      const ask = makeAsker(picture);
      const base = `${drawn.name}.${namespace}.svc.cluster.local`;
      const addresses = drawn.headless ? usable.map(({ address }) => address) : ['10.96.0.7'];
      const exists = addresses.length > 0;

      expect(ask(base, 'A')).toEqual({ exists, records: addresses.map((a) => `A ${a}`).toSorted() });
      expect(ask(base, 'AAAA')).toEqual({ exists, records: [] });
      const targets = drawn.headless
        ? [
            ...new Set(
              usable.map((e) => `${e.hostname === '' ? e.address.replaceAll('.', '-') : e.hostname}.${base}`),
            ),
          ]
        : [base];
      const weight = Math.max(1, Math.floor(100 / Math.max(1, addresses.length)));
      const srv = targets.map((target) => `SRV 0 ${weight} ${drawn.port} ${target}`).toSorted();
      expect(ask(`_p._tcp.${base}`, 'SRV')).toEqual({ exists, records: exists ? srv : [] });
      for (const address of addresses.slice(0, 5)) {
        const reverse = `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
        expect(ask(reverse, 'PTR').records.length).toBe(1);
      }
    }),
    { numRuns: 60 },
  );
});

/** Asks twice, in memory: the second answer is a kept one. Both decoders must agree on both. */
function makeAsker(picture: ReturnType<typeof pictureOf>) {
  const { responder } = makeResponder(picture);
  return (name: string, type: string): { exists: boolean; records: string[] } => {
    const query = makeQuery(name, type, { edns: 1232 });
    const first = readBoth(responder.respond(query, TCP) as Uint8Array);
    const second = readBoth(responder.respond(query, TCP) as Uint8Array);
    expect(second).toEqual(first);
    return first;
  };
}

function readBoth(reply: Uint8Array): { exists: boolean; records: string[] } {
  const shown = show(reply);
  const parsed = Packet.parse(Buffer.from(reply));
  const byDns2 = parsed.answers.map(line).toSorted();
  const byDnsPacket = shown.answers
    .map((text) => text.replace(/^\S+ \d+ /, '').replace(/\.$/, ''))
    .toSorted();
  expect(byDns2).toEqual(byDnsPacket);
  expect(parsed.additionals.filter(({ type }) => type !== 41).length).toBe(shown.additional.length);
  expect(parsed.authorities.length).toBe(shown.authority.length);
  return { exists: parsed.header.rcode === 0, records: byDns2 };
}

function line(record: Dns2Record): string {
  switch (record.type) {
    case 1:
      return `A ${record.address}`;
    case 12:
      return `PTR ${record.domain}`;
    case 33:
      return `SRV ${record.priority} ${record.weight} ${record.port} ${record.target}`;
    default:
      return `type ${record.type}`;
  }
}
