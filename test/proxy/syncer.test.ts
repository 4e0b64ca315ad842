import { beforeEach, describe, expect, test } from 'vitest';
import type { ChangeSet, Picture } from '../../src/catalog/picture.ts';
import type { Backend, SyncReport } from '../../src/proxy/backend.ts';
import { NO_CHANGES } from '../../src/proxy/changes.ts';
import { Syncer } from '../../src/proxy/syncer.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { pictureOf } from './cluster.ts';

const REPORT: SyncReport = { services: 1, restores: 1, milliseconds: 1, setAside: [], byFamily: [] };

/** Notes what it is asked for; each sync takes `takes` milliseconds and fails while `failing`. */
class FakeBackend implements Backend {
  readonly mode = 'iptables';
  /** `TIME keys`, or `TIME all`. */
  readonly syncs: string[] = [];
  readonly #clock: FakeClock;
  takes = 10;
  failing = false;
  running = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async sync(_: Picture, changes: ChangeSet | undefined): Promise<SyncReport> {
    this.syncs.push(
      `${this.#clock.monotonic()} ${changes === undefined ? 'all' : [...changes.services].sort().join()}`,
    );
    expect(++this.running).toBe(1);
    await new Promise<void>((resolve) => {
      this.#clock.after(this.takes, resolve);
    });
    this.running--;
    if (this.failing) throw new Error('the kernel is full');
    return REPORT;
  }

  cleanup(): Promise<void> {
    return Promise.resolve();
  }

  describe(): ReturnType<Backend['describe']> {
    return { variant: 'nf_tables', families: ['IPv4'], services: 0, rules: 0 };
  }
}

const picture = pictureOf([]);
const services = (...keys: string[]): ChangeSet => ({ ...NO_CHANGES, services: new Set(keys) });

describe('a syncer', () => {
  let clock: FakeClock;
  let backend: FakeBackend;
  let log: FakeLog;
  let syncer: Syncer;
  let told: string[];

  beforeEach(() => {
    clock = new FakeClock();
    backend = new FakeBackend(clock);
    log = new FakeLog();
    syncer = new Syncer({ backend, clock, log });
    told = [];
    syncer.onSynced({
      synced: (_, full) => told.push(full ? 'full' : 'partial'),
      failed: (error) => told.push(error.message),
    });
  });

  test('writes the first change at once', () => {
    syncer.update(picture, services('a/a'));
    expect(backend.syncs).toEqual(['0 a/a']);
  });

  test('gathers a burst', async () => {
    for (let n = 0; n < 50; n++) {
      syncer.update(picture, services(`a/${n % 3}`));
      await clock.advance(4);
    }
    await clock.advance(1000);
    // Three are ahead of their time: nobody had changed anything for long.
    const all = 'a/0,a/1,a/2';
    expect(backend.syncs).toEqual([
      '0 a/0',
      '10 a/1,a/2',
      '20 a/0,a/1',
      `30 ${all}`,
      `100 ${all}`,
      `200 ${all}`,
    ]);
  });

  test('syncs ten times a second on average, and is ahead again after a quiet moment', async () => {
    const starts = (): number[] => backend.syncs.map((line) => Number(line.split(' ')[0]));
    for (let n = 0; n < 2000; n++) {
      syncer.update(picture, services('a/a'));
      await clock.advance(5);
    }
    // At 0, 10, 20 and 30 ms, then at 100 and every tenth of a second.
    expect(starts().length).toBe(104);
    await clock.advance(200);
    backend.syncs.length = 0;
    for (let n = 0; n < 20; n++) {
      syncer.update(picture, services('a/a'));
      await clock.advance(5);
    }
    expect(starts().map((at) => at - 10_200)).toEqual([0, 10, 100]);
  });

  test('runs one sync at a time, however long it takes, and none that nobody asked for', async () => {
    backend.takes = 500;
    syncer.update(picture, services('a/a'));
    await clock.advance(50);
    syncer.update(picture, services('a/b'));
    syncer.update(picture, services('a/c'));
    await clock.advance(10_000);
    expect(backend.syncs).toEqual(['0 a/a', '500 a/b,a/c']);
    expect(told).toEqual(['partial', 'partial']);
  });

  test('tells when it begins, with what it was told of by then', async () => {
    syncer.onSynced({
      began: () => told.push(`began after ${backend.syncs.length}`),
      synced: () => told.push(`done after ${backend.syncs.length}`),
    });
    syncer.update(picture, services('a/a'));
    expect(told).toEqual(['began after 0']);
    await clock.advance(1000);
    expect(told.slice(1)).toEqual(['partial', 'done after 1']);
  });

  test('looks at everything when told to, whatever else changed', async () => {
    syncer.update(picture, services('a/a'));
    syncer.update(picture, undefined);
    syncer.update(picture, services('a/b'));
    await clock.advance(1000);
    expect(backend.syncs).toEqual(['0 a/a', '10 all']);
    expect(told).toEqual(['partial', 'full']);
  });

  test('writes nothing of a picture that is not whole yet, and all of it when it is', async () => {
    syncer.update({ ...picture, synced: false }, services('a/a'));
    await clock.advance(1000);
    expect(backend.syncs).toEqual([]);
    syncer.update(picture, { ...services('a/b'), synced: true });
    expect(backend.syncs).toEqual(['1000 all']);
  });

  test('writes all of a restored picture, and of the one that is read later what differs', async () => {
    const restored = { ...picture, synced: false, restored: true };
    syncer.update(restored, NO_CHANGES);
    await clock.advance(1000);
    syncer.update(restored, services('a/a'));
    await clock.advance(1000);
    syncer.update(picture, { ...services('a/b'), synced: true });
    await clock.advance(1000);
    expect(backend.syncs).toEqual(['0 all', '1000 a/a', '2000 a/b']);
  });

  test('tries again after a failure, later each time, and then looks at everything', async () => {
    backend.failing = true;
    syncer.update(picture, services('a/a'));
    await clock.advance(2000);
    // A change that comes meanwhile does not shorten the wait.
    syncer.update(picture, services('a/b'));
    await clock.advance(2000);
    expect(backend.syncs).toEqual(['0 a/a', '510 all', '1520 all', '3530 all']);
    expect(syncer.state()).toMatchObject({ error: 'the kernel is full', waitingMs: 4000 });
    expect(log.messages('error')[0]).toBe('rules are not in the kernel yet: the kernel is full');

    await clock.advance(600_000);
    const times = backend.syncs.map((line) => Number(line.split(' ')[0]));
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(30_010);

    backend.failing = false;
    await clock.advance(60_000);
    expect(syncer.state()).toEqual({ error: '', waitingMs: 0, pending: 0, setAside: [] });
    const before = backend.syncs.length;
    syncer.update(picture, services('a/c'));
    await clock.advance(1000);
    expect(backend.syncs.slice(before)).toEqual([expect.stringMatching(/ a\/c$/)]);
  });

  test('looks at everything on request once changes are programmed, and keeps no change waiting for it', async () => {
    syncer.update(picture, services('a/a'));
    syncer.update(picture, services('a/b'));
    let done = false;
    void syncer.reconcile().then(() => {
      done = true;
    });
    await clock.advance(25);
    expect(backend.syncs).toEqual(['0 a/a', '10 a/b', '20 all']);
    expect(syncer.state().waitingMs).toBe(0);
    expect(done).toBe(false);
    syncer.update(picture, services('a/c'));
    await clock.advance(1000);
    expect(done).toBe(true);
    expect(backend.syncs.slice(3)).toEqual(['30 a/c']);
    expect(told).toEqual(['partial', 'partial', 'full', 'partial']);
  });

  test('has nothing to look at before the first picture, nor after the stop', async () => {
    await syncer.reconcile();
    syncer.update(picture, services('a/a'));
    await clock.advance(1000);
    await syncer.stop();
    await syncer.reconcile();
    expect(backend.syncs).toEqual(['0 a/a']);
  });

  test('tells how long the oldest change has waited', async () => {
    backend.takes = 300;
    syncer.update(picture, services('a/a'));
    await clock.advance(120);
    syncer.update(picture, services('a/b'));
    await clock.advance(80);
    expect(syncer.state().waitingMs).toBe(200);
    await clock.advance(150);
    expect(syncer.state().waitingMs).toBe(230);
    await clock.advance(1000);
    expect(syncer.state().waitingMs).toBe(0);
  });

  test('lets a sync end when it is stopped, and starts no other', async () => {
    syncer.update(picture, services('a/a'));
    syncer.update(picture, services('a/b'));
    let stopped = false;
    const done = syncer.stop().then(() => {
      stopped = true;
    });
    await clock.advance(5);
    expect(stopped).toBe(false);
    await clock.advance(5);
    await done;
    syncer.update(picture, services('a/c'));
    await clock.advance(1000);
    expect(backend.syncs).toEqual(['0 a/a']);
    expect(clock.pending()).toEqual([]);
  });
});
