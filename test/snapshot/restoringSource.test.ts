/** An agent that starts while the API server is away, as far as the catalog sees it. */
import { beforeEach, expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import type { Kind, ObjectRecord } from '../../src/kube/records.ts';
import type { Source, Watcher } from '../../src/kube/source.ts';
import type { Recalled } from '../../src/snapshot/read.ts';
import { RestoringSource } from '../../src/snapshot/restoringSource.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { namespaceRecord, serviceRecord } from '../support/records.ts';

const KNOWN: readonly ObjectRecord[] = [
  namespaceRecord('shop'),
  serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'] }),
  serviceRecord('shop/gone', { clusterIPs: ['10.96.0.2'] }),
];

let clock: FakeClock;
let log: FakeLog;
let watcher: Watcher;
let catalog: Catalog;
let read: () => Promise<Recalled | undefined>;
let source: RestoringSource;
let reads: number;

async function* told(records: readonly ObjectRecord[]): AsyncGenerator<ObjectRecord, void, undefined> {
  yield* records;
}

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  catalog = new Catalog({ nodeName: 'n1' });
  reads = 0;
  read = () => Promise.resolve({ writtenAt: clock.epoch - 60_000, sameBoot: true, records: told(KNOWN) });
  const api: Source = {
    start: (to) => {
      watcher = to;
    },
    stop: () => Promise.resolve(),
    state: () => [],
  };
  const counted = (): Promise<Recalled | undefined> => {
    reads += 1;
    return read();
  };
  source = new RestoringSource({ source: api, read: counted, clock, log });
  source.start(catalog);
});

const services = (): string[] => [...catalog.picture.services.keys()];
const apiTells = (kinds: readonly Kind[], ...records: readonly ObjectRecord[]): void => {
  for (const record of records) watcher.upsert(record);
  for (const kind of kinds) watcher.synced(kind);
  catalog.publish();
};
const ALL: readonly Kind[] = ['Namespace', 'Node', 'Service', 'EndpointSlice'];

test('an API server that answers in 2 s is believed, and the snapshot is not even read', async () => {
  await clock.advance(1999);
  apiTells(ALL, serviceRecord('shop/new'));
  await clock.advance(60_000);
  expect(reads).toBe(0);
  expect(services()).toEqual(['shop/new']);
  expect(source.inUse).toBeUndefined();
  expect(log.lines).toEqual([]);
});

test('after 2 s the snapshot stands in, and is corrected by what differs', async () => {
  await clock.advance(2000);
  catalog.publish();
  expect(services()).toEqual(['shop/web', 'shop/gone']);
  expect(catalog.picture).toMatchObject({ restored: true, synced: false });
  expect(source.inUse).toEqual({ writtenAt: clock.epoch - 60_000, sameBoot: true });
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'the API server has not been read yet: going on with the snapshot of what was known before',
      fields: { writtenAt: '2025-12-31T23:59:00.000Z', sameBoot: true, records: 3 },
    },
  ]);
  const before = catalog.picture.services.get('shop/web');

  apiTells(
    ['Namespace', 'Service'],
    namespaceRecord('shop'),
    ...KNOWN.slice(1, 2),
    serviceRecord('shop/new'),
  );
  expect(services()).toEqual(['shop/web', 'shop/new']);
  expect(catalog.picture.synced).toBe(false);
  expect(source.inUse).toBeDefined();
  apiTells(['EndpointSlice']);
  expect(catalog.picture).toMatchObject({ restored: false, synced: true });
  expect(catalog.picture.services.get('shop/web')).toBe(before);
  expect(source.inUse).toBeUndefined();
  expect(log.lines.slice(1)).toEqual([
    {
      level: 'info',
      message: 'the API server has been read: the snapshot is no longer in use',
      fields: { writtenAt: '2025-12-31T23:59:00.000Z', gone: 1 },
    },
  ]);
});

test('one that cannot be used is one line, and nothing is known', async () => {
  read = () => Promise.reject(new Error('its checksum does not fit: torn, or damaged'));
  await clock.advance(60_000);
  catalog.publish();
  expect(catalog.picture).toMatchObject({ restored: false, services: new Map() });
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'the snapshot is ignored',
      fields: { error: 'its checksum does not fit: torn, or damaged' },
    },
  ]);
});

test('where there is none, nothing is said', async () => {
  read = () => Promise.resolve(undefined);
  await clock.advance(60_000);
  expect(log.lines).toEqual([]);
  expect(reads).toBe(1);
});

test('one that ends in an error is not taken for whole', async () => {
  const torn = async function* (): AsyncGenerator<ObjectRecord, void, undefined> {
    yield* KNOWN.slice(0, 2);
    throw new Error('unexpected end of file');
  };
  read = () => Promise.resolve({ writtenAt: 1, sameBoot: true, records: torn() });
  await clock.advance(2000);
  catalog.publish();
  expect(catalog.picture.restored).toBe(false);
  expect(source.inUse).toBeUndefined();
  apiTells(ALL, serviceRecord('shop/new'));
  expect(services()).toEqual(['shop/new']);
});

test('an API server that comes back while the snapshot is read is believed', async () => {
  const slow = Promise.withResolvers<void>();
  const records = async function* (): AsyncGenerator<ObjectRecord, void, undefined> {
    yield* KNOWN.slice(0, 2);
    await slow.promise;
    yield* KNOWN.slice(2);
  };
  read = () => Promise.resolve({ writtenAt: 1, sameBoot: true, records: records() });
  await clock.advance(2000);
  apiTells(ALL, serviceRecord('shop/new'));
  slow.resolve();
  await clock.advance(2000);
  catalog.publish();
  expect(services()).toEqual(['shop/new']);
  expect(catalog.picture).toMatchObject({ restored: false, synced: true });
  expect(source.inUse).toBeUndefined();
});

test('a stop ends the wait', async () => {
  await source.stop();
  await clock.advance(60_000);
  expect(reads).toBe(0);
});
