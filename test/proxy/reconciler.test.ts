import { beforeEach, expect, test } from 'vitest';
import { Reconciler } from '../../src/proxy/reconciler.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';

const MINUTE = 60_000;

let clock: FakeClock;
let log: FakeLog;
let reconciler: Reconciler;
/** When everything was looked at, in milliseconds. */
let looks: number[];
let takes: number;
let tell: (what: string) => void;
let watching: boolean;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  looks = [];
  takes = 50;
  watching = false;
  reconciler = new Reconciler({
    clock,
    log,
    random: () => 0.5,
    syncer: {
      reconcile: () => {
        looks.push(clock.monotonic());
        return new Promise((resolve) => {
          clock.after(takes, resolve);
        });
      },
    },
    backend: {
      watch: (onForeign) => {
        tell = onForeign;
        watching = true;
        return Promise.resolve({
          stop: async () => {
            watching = false;
          },
        });
      },
    },
  });
});

test('looks at everything every ten minutes, from the first sync on', async () => {
  await clock.advance(30 * MINUTE);
  expect(looks).toEqual([]);
  reconciler.synced();
  await clock.advance(25 * MINUTE);
  expect(looks).toEqual([40 * MINUTE, 50 * MINUTE + takes]);
});

test('looks at once when somebody was at the rules, and says why; not again for the same', async () => {
  reconciler.synced();
  await clock.advance(1000);
  tell('rules of nat KUBE-SERVICES (IPv4) were removed');
  tell('rules of nat KUBE-NODEPORTS (IPv4) were removed');
  await clock.advance(MINUTE);
  expect(looks).toEqual([1000]);
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'looking at all rules',
      fields: { because: 'rules of nat KUBE-SERVICES (IPv4) were removed' },
    },
  ]);
});

test('looks once more at what happened during a look, and leaves most of the time to others', async () => {
  takes = 2000;
  reconciler.synced();
  tell('a');
  await clock.advance(1000);
  tell('b');
  await clock.advance(MINUTE);
  expect(looks).toEqual([0, 2000 + 4 * 2000]);
});

test('stops watching and looking', async () => {
  reconciler.synced();
  await clock.advance(0);
  expect(watching).toBe(true);
  await reconciler.stop();
  tell('late');
  await clock.advance(30 * MINUTE);
  expect(watching).toBe(false);
  expect(looks).toEqual([]);
});
