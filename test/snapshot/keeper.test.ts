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
let current: boolean;
let owner: () => Promise<typeof OWNER>;

function fresh(): void {
  clock = new FakeClock();
  log = new FakeLog();
  folder = new FakeStateFolder();
  catalog = new Catalog({ nodeName: 'n1' });
  owner = () => Promise.resolve(OWNER);
  current = true;
  keeper = new SnapshotKeeper({ folder, owner: () => owner(), isCurrent: () => current, clock, log });
}

beforeEach(fresh);

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

/** Milliseconds until the next attempt; writing again what is old is hours away. */
const soon = (): number[] => clock.pending().filter((ms) => ms <= 30_000);

async function kept(from = folder): Promise<string[]> {
  const records = await recallFrom(from);
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
  expect(soon()).toEqual([1]);
  await clock.advance(1);
  await attempts(1);
  expect(await kept()).toEqual(['a']);
  expect(keeper.state).toMatchObject({ written: 1, failed: 0, error: '', writtenAt: clock.now() });
  expect(soon()).toEqual([]);
});

test('changes that follow each other are written together, every 30 s at most', async () => {
  synced();
  await clock.advance(1000);
  await attempts(1);
  tell(service('a'));
  await clock.advance(20_000);
  tell(service('b'));
  expect(soon()).toEqual([10_000]);
  expect(keeper.state.written).toBe(1);
  await clock.advance(10_000);
  await attempts(2);
  expect(await kept()).toEqual(['a', 'b']);
  await clock.advance(600_000);
  expect(keeper.state.written).toBe(2);
  tell(service('c'));
  expect(soon()).toEqual([1000]);
});

test('meanwhile each change is in a journal at once: an agent that is killed then leaves none of it behind', async () => {
  synced();
  tell(service('a'));
  await clock.advance(1000);
  await attempts(1);
  tell(service('b'));
  await clock.advance(0);
  expect([keeper.state.written, await kept(folder.afterKill())]).toEqual([1, ['a', 'b']]);
  catalog.remove({ kind: 'Service', namespace: 'shop', name: 'a' });
  tell();
  await clock.advance(0);
  expect([keeper.state.written, await kept(folder.afterKill())]).toEqual([1, ['b']]);
  // The next snapshot has it all, and the journal goes.
  await clock.advance(30_000);
  await attempts(2);
  expect(await kept()).toEqual(['b']);
  expect(folder.names).toEqual(['catalog.snapshot']);
});

test('killed at any step of a snapshot, all is there that was published before, and each thing as it was at one time', async () => {
  const recalled = new Set<string>();
  for (let last = 0; ; last++) {
    fresh();
    synced();
    tell(service('a'));
    await clock.advance(1000);
    await attempts(1);
    tell(service('b'));
    await clock.advance(0);
    const disk = { steps: -1 };
    folder.before = (_, name) => {
      if (name === 'sync file') tell(service('during'));
      if (++disk.steps === last) folder.crash();
    };
    await clock.advance(30_000);
    while (disk.steps < last && keeper.state.written < 2) await new Promise(setImmediate);
    await clock.advance(0);
    const names = await kept(folder.afterKill());
    expect(names.slice(0, 2)).toEqual(['a', 'b']);
    recalled.add(names.join());
    if (disk.steps < last) break;
    expect(last).toBeLessThan(100);
  }
  expect([...recalled]).toEqual(['a,b', 'a,b,during']);
});

test('a journal that cannot be written is told as a snapshot would be, and given up until the next one', async () => {
  synced();
  await clock.advance(1000);
  await attempts(1);
  folder.before = () => {
    throw new Error('ENOSPC: no space left on device');
  };
  tell(service('a'));
  await clock.advance(0);
  tell(service('b'));
  await clock.advance(0);
  expect(log.messages('warn')).toEqual([expect.stringMatching(/^no snapshot can be kept/)]);
  expect(keeper.state).toMatchObject({ failed: 1, error: 'ENOSPC: no space left on device' });
  folder.before = () => undefined;
  await clock.advance(30_000);
  await attempts(3);
  expect(await kept()).toEqual(['a', 'b']);
  expect(keeper.state.error).toBe('');
});

test('where nothing changes it is written again each hour, as its time says until when it held', async () => {
  synced();
  await clock.advance(1000);
  await attempts(1);
  await clock.advance(3_600_000 + 1000);
  await attempts(2);
  expect(keeper.state.writtenAt).toBeGreaterThan(clock.epoch + 3_600_000);
  // Of an API server that is away it is not known.
  current = false;
  await clock.advance(10 * 3_600_000);
  expect(keeper.state.written).toBe(2);
  current = true;
  await clock.advance(3_600_000 + 1000);
  await attempts(3);
});

test('what comes while one is written is written with the next', async () => {
  synced();
  folder.before = (_, name) => name === 'rename' && tell(service('late'));
  await clock.advance(1000);
  await attempts(1);
  folder.before = () => undefined;
  expect(soon()).toEqual([30_000]);
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
  expect(soon()).toEqual([]);
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
