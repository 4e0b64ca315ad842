/** When a snapshot is written, and what becomes of it when it cannot be. */
import { beforeEach, expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { SnapshotKeeper } from '../../src/snapshot/keeper.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { FakeStateFolder } from '../fake/stateFolder.ts';
import { serviceRecord } from '../support/records.ts';
import { OWNER, recallFrom } from './support.ts';

let clock: FakeClock;
let log: FakeLog;
let folder: FakeStateFolder;
let catalog: Catalog;
let keeper: SnapshotKeeper;
let owner: () => Promise<typeof OWNER>;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  folder = new FakeStateFolder();
  catalog = new Catalog({ nodeName: 'n1' });
  owner = () => Promise.resolve(OWNER);
  keeper = new SnapshotKeeper({ folder, owner: () => owner(), clock, log });
});

function tell(...records: readonly ObjectRecord[]): void {
  for (const record of records) catalog.upsert(record);
  const changes = catalog.publish();
  if (changes !== undefined) keeper.published(catalog.picture, changes);
}

function synced(): void {
  catalog.synced('Service');
  catalog.synced('EndpointSlice');
  tell();
}

const service = (name: string): ObjectRecord => serviceRecord(`shop/${name}`, { clusterIPs: [] });

/** Compressing is done elsewhere, in real time: waits for as many attempts to have ended. */
async function attempts(count: number): Promise<void> {
  while (keeper.state.written + keeper.state.failed < count) await new Promise(setImmediate);
  await clock.advance(0);
}

async function kept(): Promise<string[]> {
  const records = await recallFrom(folder);
  return Array.isArray(records)
    ? records.filter(({ kind }) => kind === 'Service').map(({ name }) => name)
    : [];
}

test('only what has been read whole is kept, a second later', async () => {
  tell(service('a'));
  await clock.advance(60_000);
  expect(folder.names).toEqual([]);
  synced();
  await clock.advance(999);
  expect(keeper.state.written + keeper.state.failed).toBe(0);
  expect(clock.pending()).toEqual([1]);
  await clock.advance(1);
  await attempts(1);
  expect(await kept()).toEqual(['a']);
  expect(keeper.state).toMatchObject({ written: 1, failed: 0, error: '', writtenAt: clock.now() });
  expect(clock.pending()).toEqual([]);
});

test('changes that follow each other are written together, every 30 s at most', async () => {
  synced();
  await clock.advance(1000);
  await attempts(1);
  tell(service('a'));
  await clock.advance(20_000);
  tell(service('b'));
  expect(clock.pending()).toEqual([10_000]);
  expect(keeper.state.written).toBe(1);
  await clock.advance(10_000);
  await attempts(2);
  expect(await kept()).toEqual(['a', 'b']);
  await clock.advance(600_000);
  expect(keeper.state.written).toBe(2);
  tell(service('c'));
  expect(clock.pending()).toEqual([1000]);
});

test('what comes while one is written is written with the next', async () => {
  synced();
  folder.before = (_, name) => name === 'rename' && tell(service('late'));
  await clock.advance(1000);
  await attempts(1);
  folder.before = () => undefined;
  expect(clock.pending()).toEqual([30_000]);
  await clock.advance(30_000);
  await attempts(2);
  expect(await kept()).toEqual(['late']);
});

test('a stop writes what is not on disk yet, once, and nothing afterwards', async () => {
  synced();
  tell(service('a'));
  await keeper.stop();
  expect(await kept()).toEqual(['a']);
  tell(service('b'));
  expect(clock.pending()).toEqual([]);
  await keeper.stop();
  expect(keeper.state.written).toBe(2);
});

test('a stop with nothing new writes nothing', async () => {
  synced();
  await clock.advance(1000);
  await attempts(1);
  await keeper.stop();
  expect(keeper.state.written).toBe(1);
});

test('a full disk is one line, and tried again every 30 s until it is not', async () => {
  folder.before = () => {
    throw new Error('ENOSPC: no space left on device');
  };
  synced();
  tell(service('a'));
  await clock.advance(1000);
  await attempts(1);
  await clock.advance(30_000);
  await attempts(2);
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'no snapshot can be kept: a restart while the API server is away would not know the cluster',
      fields: { error: 'ENOSPC: no space left on device' },
    },
  ]);
  expect(keeper.state).toMatchObject({ written: 0, failed: 2, error: 'ENOSPC: no space left on device' });
  folder.before = () => undefined;
  await clock.advance(30_000);
  await attempts(3);
  expect(await kept()).toEqual(['a']);
  expect(log.messages('info')).toEqual(['the snapshot is written again']);
  expect(keeper.state.error).toBe('');
});

test('a stop does not wait for a disk that failed', async () => {
  folder.before = () => {
    throw new Error('EROFS: read-only file system');
  };
  synced();
  await clock.advance(1000);
  await attempts(1);
  await keeper.stop();
  expect(keeper.state.failed).toBe(1);
});

test('while it is not known whose it is, nothing is written', async () => {
  owner = () => Promise.reject(new Error('no credentials'));
  synced();
  await clock.advance(1000);
  await attempts(1);
  expect(keeper.state.error).toBe('no credentials');
  expect(folder.names).toEqual([]);
});
