import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { makeQuery } from '../support/ask.ts';
import { makeResponder, TCP, type TestResponder } from '../support/responder.ts';
import { show } from '../support/show.ts';
import {
  cluster,
  clusterIPsOf,
  type DrawnCluster,
  HOSTNAMES,
  NAMESPACES,
  recordsOf,
  SERVICES,
} from './cluster.ts';
import { edit, edited } from './edits.ts';
import { type Expected, reverseOf, ZoneModel } from './zoneModel.ts';

const TYPES = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'MX', 'NS', 'SOA', 'ANY', 'UNKNOWN_65'] as const;
/** The same clusters in every run. */
const SEED = 20_260_101;
const KEPT_TYPES = ['A', 'AAAA', 'SRV', 'PTR'];
/** Left of a Service's name, of a namespace's, and of the domain: right, wrong, and nearly right. */
const BELOW = [
  '',
  ...HOSTNAMES.filter((name) => name !== '').map((name) => `${name}.`),
  '10-1-0-1.',
  '10-1-0-9.',
  '2001-db8--1.',
  '2001-db8-1--0.',
  '_tcp.',
  'tcp.',
  '_sctp.',
  '*.',
  '_http._tcp.',
  'http.tcp.',
  '_http._udp.',
  '_nope._tcp.',
  '_._tcp.',
  '_._.',
  'h1._tcp.',
  '_http._tcp.h1.',
  'a.b.c.',
];
const ELSEWHERE = [
  'cluster.local',
  'svc.cluster.local',
  'pod.cluster.local',
  'foo.cluster.local',
  'dns.cluster.local',
  'dns-version.cluster.local',
  'x.dns-version.cluster.local',
  '10-1-0-1.a.pod.cluster.local',
  '10-1-0-1.ghost.pod.cluster.local',
  '2001-db8--7.prod.pod.cluster.local',
  'blah.a.pod.cluster.local',
  'x.10-1-0-1.a.pod.cluster.local',
  'in-addr.arpa',
  '10.in-addr.arpa',
  ...['10.1.0.1', '10.20.30.40', '10.1.0.77', '2001:db8::1', '2001:db8:1::'].map(reverseOf),
];

const asked = fc.oneof(
  fc
    .tuple(fc.constantFrom(...BELOW), fc.constantFrom(...SERVICES, 'none'), fc.constantFrom(...NAMESPACES))
    .map(([below, service, namespace]) => `${below}${service}.${namespace}.svc.cluster.local`),
  fc.constantFrom(...ELSEWHERE),
  fc.constantFrom(...NAMESPACES).map((namespace) => `${namespace}.svc.cluster.local`),
);

function responderFor(catalog: Catalog): TestResponder {
  return makeResponder(catalog.picture, undefined, { ttl: 30, negativeTtl: 5 });
}

/** The first answer and the kept one. */
async function check(
  server: TestResponder,
  model: ZoneModel,
  name: string,
  types: readonly string[] = TYPES,
): Promise<void> {
  for (const type of types) {
    const expected = model.ask(name, type);
    for (let time = 0; time < 2; time++) {
      // An alias that leads outside takes its time.
      const reply = await server.responder.respond(makeQuery(name, type), TCP);
      if (reply === undefined) throw new Error(`${name} ${type}: no reply`);
      const shown = show(reply);
      const told: Expected = {
        rcode: shown.rcode === 'NXDOMAIN' ? 'NXDOMAIN' : 'NOERROR',
        answers: shown.answers.map((line) => line.replace(/ SOA .*/, ' SOA …')).sort(),
        additional: shown.additional.toSorted(),
      };
      expect({ name, type, ...told }).toEqual({ name, type, ...expected });
      expect([shown.aa, shown.tc, shown.authority.length]).toEqual([
        true,
        false,
        expected.answers.length > 0 ? 0 : 1,
      ]);
    }
  }
}

function fill(catalog: Catalog, drawn: DrawnCluster): void {
  for (const record of recordsOf(drawn)) catalog.upsert(record);
}

function emptyCatalog(): Catalog {
  const catalog = new Catalog({ nodeName: 'n1' });
  for (const kind of ['Service', 'EndpointSlice', 'Namespace', 'Node'] as const) catalog.synced(kind);
  return catalog;
}

/** Names that the model holds and neighbours that it may not. */
function namesFor(drawn: DrawnCluster, model: ZoneModel, drawnNames: readonly string[]): string[] {
  const ips = Object.entries(drawn.services).flatMap(([namespace, list]) =>
    list.flatMap((service) => clusterIPsOf(namespace, service)),
  );
  const held = model.names.filter((_, i) => i % 7 === drawnNames.length % 7);
  return [...new Set([...drawnNames, ...held, ...ips.slice(0, 3).map(reverseOf)])];
}

test('any cluster is answered as its records, written down one by one, say', async () => {
  await fc.assert(
    fc.asyncProperty(cluster, fc.array(asked, { minLength: 8, maxLength: 12 }), async (drawn, names) => {
      const catalog = emptyCatalog();
      fill(catalog, drawn);
      catalog.publish();
      const model = new ZoneModel(drawn);
      const server = responderFor(catalog);
      for (const name of namesFor(drawn, model, names)) await check(server, model, name);
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test('whatever becomes of a cluster, step by step: what was kept of it before never shows', async () => {
  await fc.assert(
    fc.asyncProperty(cluster, fc.array(edit, { minLength: 8, maxLength: 8 }), async (first, edits) => {
      const catalog = emptyCatalog();
      catalog.publish();
      const server = responderFor(catalog);
      let drawn = first;
      let before: ReturnType<typeof recordsOf> = [];
      // Those of the first cluster, whether or not they still are.
      const names = new ZoneModel(first).names.filter((_, i) => i % 5 === 0);
      for (const change of edits) {
        const records = recordsOf(drawn);
        const keys = new Set(records.map(keyOf));
        for (const record of before) if (!keys.has(keyOf(record))) catalog.remove(record);
        for (const record of records) catalog.upsert(record);
        server.answers.update(catalog.picture, catalog.publish(), 1);
        before = records;
        const model = new ZoneModel(drawn);
        for (const name of names) await check(server, model, name, KEPT_TYPES);
        drawn = edited(drawn, change);
      }
    }),
    { seed: SEED, numRuns: 25 },
  );
});

function keyOf({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}
