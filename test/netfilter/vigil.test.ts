import { expect, test } from 'vitest';
import { Vigil } from '../../src/netfilter/vigil.ts';
import { FakeClock } from '../fake/clock.ts';

const ROUTINE = 600_000;

/** A vigil whose looks take `lookMs`, and when they began, with the cause that was given. */
class Guarded {
  readonly clock = new FakeClock();
  readonly looks: [at: number, because: string][] = [];
  readonly unwatched: unknown[] = [];
  lookMs = 0;
  stopped = false;
  foreign: (what: string) => void = () => undefined;
  readonly vigil: Vigil;

  constructor(exact: boolean, fails?: Error) {
    this.vigil = new Vigil({
      clock: this.clock,
      interval: () => ROUTINE,
      look: (because) => {
        this.looks.push([this.clock.monotonic(), because]);
        return new Promise((resolve) => this.clock.after(this.lookMs, resolve));
      },
      watch: (onForeign) => {
        this.foreign = onForeign;
        if (fails !== undefined) return Promise.reject(fails);
        return Promise.resolve({
          exact,
          stop: () => {
            this.stopped = true;
            return Promise.resolve();
          },
        });
      },
      onUnwatched: (error) => this.unwatched.push(error),
    });
    this.vigil.start();
  }
}

test('without a cause: a look 5 s after the start, for what nobody saw go, and then at the interval', async () => {
  const { clock, looks } = new Guarded(true);
  await clock.advance(5_000 + 2 * ROUTINE);
  expect(looks).toEqual([
    [5_000, ''],
    [5_000 + ROUTINE, ''],
    [5_000 + 2 * ROUTINE, ''],
  ]);
});

test('a cause is looked into at once, the first of several in its name', async () => {
  const guarded = new Guarded(true);
  await guarded.clock.advance(1_000);
  guarded.foreign('KUBE-SERVICES');
  guarded.foreign('KUBE-NODEPORTS');
  await guarded.clock.advance(0);
  expect(guarded.looks).toEqual([[1_000, 'KUBE-SERVICES']]);
});

test('a cause that comes during a look waits four times as long as that took', async () => {
  const guarded = new Guarded(true);
  guarded.lookMs = 300;
  guarded.foreign('first');
  await guarded.clock.advance(100);
  guarded.foreign('second');
  await guarded.clock.advance(5_000);
  expect(guarded.looks).toEqual([
    [0, 'first'],
    [300 + 4 * 300, 'second'],
  ]);
});

test.each([
  ['may miss some', false, [0, 2_000, 2_000 + ROUTINE]],
  ['misses none', true, [0, ROUTINE]],
])('after a cause, where the watch %s', async (_, exact, times) => {
  const guarded = new Guarded(exact);
  await guarded.clock.advance(0);
  guarded.foreign('KUBE-SERVICES');
  await guarded.clock.advance(2_000 + ROUTINE);
  expect(guarded.looks.map(([at]) => at)).toEqual(times);
});

test('where nobody can be told of causes, that is said once, and looks go on', async () => {
  const refused = new Error('Operation not permitted');
  const { clock, looks, unwatched } = new Guarded(true, refused);
  await clock.advance(5_000 + ROUTINE);
  expect(unwatched).toEqual([refused]);
  expect(looks.map(([at]) => at)).toEqual([5_000, 5_000 + ROUTINE]);
});

test('once stopped nothing is looked at, whatever is told', async () => {
  const guarded = new Guarded(true);
  await guarded.vigil.stop();
  guarded.foreign('KUBE-SERVICES');
  await guarded.clock.advance(2 * ROUTINE);
  expect([guarded.looks, guarded.stopped, guarded.clock.pending()]).toEqual([[], true, []]);
});
