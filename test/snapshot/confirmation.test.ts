/** What was known and what is told now, in any order: in the end only what is told now counts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import type { Kind, ObjectRecord } from '../../src/kube/records.ts';
import { Confirmation } from '../../src/snapshot/confirmation.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';
import { catalogOf, saidBy } from './support.ts';

const KINDS: readonly Kind[] = ['Namespace', 'Node', 'Service', 'EndpointSlice'];

const record: fc.Arbitrary<ObjectRecord> = fc.oneof(
  fc.constantFrom('shop', 'bank').map(namespaceRecord),
  fc.constantFrom('z1', 'z2').map((zone) => nodeRecord('n1', { zone })),
  fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('10.96.0.1', '10.96.0.2'))
    .map(([name, ip]) => serviceRecord(`shop/${name}`, { clusterIPs: [ip] })),
  fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('10.0.0.1', '10.0.0.2'))
    .map(([name, ip]) => sliceRecord(`shop/${name}-x`, { endpoints: [endpointRecord(ip)] })),
);
const keyOf = ({ kind, namespace, name }: ObjectRecord): string => `${kind} ${namespace}/${name}`;
/** One of each object. */
const cluster = fc.uniqueArray(record, { maxLength: 8, selector: keyOf });

test('for any two clusters', () => {
  fc.assert(
    fc.property(
      cluster,
      cluster,
      fc.nat(8),
      fc.shuffledSubarray([...KINDS], { minLength: 4 }),
      (known, now, before, order) => {
        const catalog = new Catalog({ nodeName: 'n1' });
        const confirmation = new Confirmation(catalog);
        for (const one of now.slice(0, before)) confirmation.upsert(one);
        for (const one of known) confirmation.recall(one);
        confirmation.recalled();
        catalog.publish();
        expect(catalog.picture).toMatchObject({ restored: true, synced: false });
        for (const one of now.slice(before)) confirmation.upsert(one);
        for (const kind of order) {
          confirmation.synced(kind);
          catalog.publish();
        }
        expect(catalog.picture).toMatchObject({ restored: false, synced: true });
        expect(saidBy(catalog.picture)).toEqual(saidBy(catalogOf(now).picture));
        const gone = known.filter((one) => !now.some((other) => keyOf(other) === keyOf(one)));
        expect(confirmation.takenBack).toBe(gone.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('a newer word of the source is not undone by what was known', () => {
  const catalog = new Catalog({ nodeName: 'n1' });
  const confirmation = new Confirmation(catalog);
  const service = serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'] });
  confirmation.upsert({ ...service, clusterIPs: ['10.96.0.9'] });
  confirmation.remove(serviceRecord('shop/gone'));
  confirmation.recall(service);
  confirmation.recall(serviceRecord('shop/gone', { clusterIPs: ['10.96.0.2'] }));
  catalog.publish();
  const said = [...catalog.picture.services.values()].map((entry) => entry.service);
  expect(said.map(({ key, clusterIPs }) => [key, clusterIPs])).toEqual([['shop/web', ['10.96.0.9']]]);
});

test('an object that cannot be read any more exists: what was known of it stays in force', () => {
  const catalog = new Catalog({ nodeName: 'n1' });
  const confirmation = new Confirmation(catalog);
  confirmation.recall(serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'] }));
  const object = { kind: 'Service', namespace: 'shop', name: 'web' };
  confirmation.unreadable({ object, field: 'spec', message: 'is a list' });
  for (const kind of KINDS) confirmation.synced(kind);
  catalog.publish();
  expect([...catalog.picture.services.keys()]).toEqual(['shop/web']);
});

test('nothing is restored once the source has been read', () => {
  const catalog = new Catalog({ nodeName: 'n1' });
  const confirmation = new Confirmation(catalog);
  for (const kind of KINDS) confirmation.synced(kind);
  confirmation.recall(serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'] }));
  confirmation.recalled();
  catalog.publish();
  expect(catalog.picture).toMatchObject({ restored: false, services: new Map() });
});
