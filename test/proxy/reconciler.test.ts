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
/** Whether the watch tells all that others do. */
let exact: boolean;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  looks = [];
  takes = 50;
  watching = false;
  exact = false;
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
          exact,
          stop: async () => {
            watching = false;
          },
        });
      },
    },
  });
});

const SOON = 5000;
/** After a look that somebody gave cause for: what they did meanwhile may have passed for ours. */
const AGAIN = 2000;

test('looks at everything soon after the first sync, then every ten minutes', async () => {
  await clock.advance(30 * MINUTE);
  expect(looks).toEqual([]);
  reconciler.synced();
  await clock.advance(25 * MINUTE);
  const first = 30 * MINUTE + SOON;
  expect(looks).toEqual([first, first + 10 * MINUTE + takes, first + 20 * MINUTE + 2 * takes]);
});

test('looks at once when somebody was at the rules, and says why; not again for the same', async () => {
  reconciler.synced();
  await clock.advance(1000);
  tell('rules of nat KUBE-SERVICES (IPv4) were removed');
  tell('rules of nat KUBE-NODEPORTS (IPv4) were removed');
  await clock.advance(MINUTE);
  expect(looks).toEqual([1000, 1000 + takes + AGAIN]);
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
  expect(looks).toEqual([0, 2000 + 4 * 2000, 6 * 2000 + AGAIN]);
});

test('does not look again where the watch would have told', async () => {
  exact = true;
  reconciler.synced();
  await clock.advance(1000);
  tell('a');
  await clock.advance(MINUTE);
  expect(looks).toEqual([1000]);
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
