/** What changed since a snapshot: read back with it, it is the picture of then. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { ObjectRecord, ObjectRef } from '../../src/kube/records.ts';
import { Journal } from '../../src/snapshot/journal.ts';
import { journalLine, journalName, readJournal } from '../../src/snapshot/journalFormat.ts';
import { recordsOf } from '../../src/snapshot/records.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { FakeStateFolder } from '../fake/stateFolder.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';
import { catalogOf, OWNER, recallFrom, saidBy } from './support.ts';

const WRITTEN_AT = 7;

/** A snapshot of this catalog, and a journal that goes on from it. */
async function snapshotOf(catalog: Catalog, maxOctets?: number) {
  const folder = new FakeStateFolder();
  const failures: unknown[] = [];
  await writeSnapshot(folder, {
    head: { ...OWNER, writtenAt: WRITTEN_AT },
    records: recordsOf(catalog.picture),
  });
  const onFailed = (error: unknown): number => failures.push(error);
  const limit = maxOctets === undefined ? {} : { maxOctets };
  const journal = new Journal({ folder, writtenAt: WRITTEN_AT, onFailed, ...limit });
  const publish = (): void => {
    const changes = catalog.publish();
    if (changes !== undefined) journal.note(catalog.picture, changes);
  };
  return { folder, journal, publish, failures };
}

async function recalled(folder: FakeStateFolder, owner = OWNER): Promise<object> {
  const records = await recallFrom(folder, owner);
  return saidBy(catalogOf(Array.isArray(records) ? records : []).picture);
}

const name = fc.constantFrom('a', 'b', 'c');
const namespace = fc.constantFrom('shop', 'bank');
const upserted: fc.Arbitrary<ObjectRecord> = fc.oneof(
  fc
    .record({ namespace, name, address: fc.integer({ min: 1, max: 9 }) })
    .map((of) => serviceRecord(`${of.namespace}/${of.name}`, { clusterIPs: [`10.96.0.${of.address}`] })),
  fc.record({ namespace, name, address: fc.integer({ min: 1, max: 9 }) }).map((of) =>
    sliceRecord(`${of.namespace}/${of.name}-x`, {
      serviceName: of.name,
      endpoints: [endpointRecord(`10.244.0.${of.address}`)],
    }),
  ),
  namespace.map(namespaceRecord),
  fc.integer({ min: 1, max: 9 }).map((n) => nodeRecord('n1', { addresses: [`192.0.2.${n}`] })),
);
const removed: fc.Arbitrary<ObjectRef> = upserted.map(({ kind, namespace: of, name: called }) => ({
  kind,
  namespace: of,
  name: called,
}));
const change = fc.oneof(
  upserted.map((record) => (catalog: Catalog) => catalog.upsert(record)),
  removed.map((ref) => (catalog: Catalog) => catalog.remove(ref)),
);

test('after any changes, what is recalled is the picture', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(upserted, { maxLength: 8 }),
      fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
      async (before, publications) => {
        const catalog = catalogOf(before);
        const { folder, journal, publish } = await snapshotOf(catalog);
        for (const changes of publications) {
          for (const apply of changes) apply(catalog);
          publish();
        }
        await journal.close();
        expect(await recalled(folder)).toEqual(saidBy(catalog.picture));
      },
    ),
    { numRuns: 100 },
  );
});

/** Journal of three changes, one after the other: `a` appears, goes elsewhere, and is gone while `b` appears. */
async function ofThree(): Promise<{ folder: FakeStateFolder; octets: Buffer; said: readonly object[] }> {
  const catalog = catalogOf([namespaceRecord('shop')]);
  const { folder, journal, publish } = await snapshotOf(catalog);
  const said = [saidBy(catalog.picture)];
  const steps: readonly (() => void)[] = [
    () => catalog.upsert(serviceRecord('shop/a', { clusterIPs: ['10.96.0.1'] })),
    () => catalog.upsert(serviceRecord('shop/a', { clusterIPs: ['10.96.0.2'] })),
    () => catalog.remove({ kind: 'Service', namespace: 'shop', name: 'a' }),
  ];
  for (const step of steps) {
    step();
    publish();
    await new Promise(setImmediate);
    said.push(JSON.parse(JSON.stringify(saidBy(catalog.picture))) as object);
  }
  await journal.close();
  return { folder, octets: (await folder.read(journalName(WRITTEN_AT))) ?? Buffer.alloc(0), said };
}

test('torn at any octet, it is good up to there', async () => {
  const { folder, octets, said } = await ofThree();
  const seen = new Set<string>();
  for (let length = 0; length <= octets.length; length++) {
    folder.put(journalName(WRITTEN_AT), octets.subarray(0, length));
    seen.add(JSON.stringify(await recalled(folder)));
  }
  expect([...seen]).toEqual([...new Set(said.map((one) => JSON.stringify(one)))]);
});

test('so it is where a line was damaged', async () => {
  const { folder, octets, said } = await ofThree();
  const second = octets.indexOf('10.96.0.2');
  octets[second] = (octets[second] ?? 0) ^ 1;
  folder.put(journalName(WRITTEN_AT), octets);
  expect(await recalled(folder)).toEqual(said[1]);
});

test.each<readonly [string, string]>([
  ['of another version', 'fairlead journal 2\n'],
  ['something else', 'PK\n'],
])('one that is %s is ignored', (_, first) => {
  const line = journalLine({ of: 'Namespace shop', records: [namespaceRecord('shop')] });
  expect(readJournal(Buffer.from(`${first}${line}`)).size).toBe(0);
});

test('that of another snapshot is not looked at', async () => {
  const { folder, octets, said } = await ofThree();
  await folder.remove(journalName(WRITTEN_AT));
  folder.put(journalName(WRITTEN_AT + 1), octets);
  expect(await recalled(folder)).toEqual(said[0]);
});

test('after a restart of the node its own endpoints are left out of it, too', async () => {
  const catalog = catalogOf([
    namespaceRecord('shop'),
    serviceRecord('shop/a', { clusterIPs: ['10.96.0.1'] }),
  ]);
  const { folder, journal, publish } = await snapshotOf(catalog);
  const endpoints = ['n1', 'n2'].map((nodeName, i) => endpointRecord(`10.244.${i}.9`, { nodeName }));
  catalog.upsert(sliceRecord('shop/a-x', { serviceName: 'a', endpoints }));
  publish();
  await journal.close();
  const said = JSON.stringify(await recalled(folder, { ...OWNER, boot: 'b2' }));
  expect([said.includes('10.244.0.9'), said.includes('10.244.1.9')]).toEqual([false, true]);
});

test('one that grows too long ends, and what is in it holds', async () => {
  const catalog = catalogOf([namespaceRecord('shop')]);
  const { folder, journal, publish, failures } = await snapshotOf(catalog, 1000);
  for (let n = 1; n < 9; n++) {
    catalog.upsert(serviceRecord(`shop/s${n}`, { clusterIPs: [`10.96.0.${n}`] }));
    publish();
    await new Promise(setImmediate);
  }
  await journal.close();
  const octets = (await folder.read(journalName(WRITTEN_AT)))?.length ?? 0;
  expect([octets > 300, octets <= 1000, failures]).toEqual([true, true, []]);
  expect(JSON.stringify(await recalled(folder))).toContain('shop/s1');
});

test('where nothing changed there is none', async () => {
  const catalog = catalogOf([namespaceRecord('shop')]);
  const { folder, journal, publish } = await snapshotOf(catalog);
  publish();
  await journal.close();
  expect(folder.names).toEqual(['catalog.snapshot']);
});
