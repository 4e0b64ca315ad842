import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timed, Timers } from '../../../../src/proxy/userspace/splice/timers.ts';

class Named extends Timed {
  readonly name: number;
  readonly #expired: number[];

  constructor(name: number, expired: number[]) {
    super();
    this.name = name;
    this.#expired = expired;
  }

  override expire(): void {
    this.#expired.push(this.name);
  }
}

test('each is due once, its own while after it began, and not once it was stopped', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('start' as const), name: fc.nat(4), ms: fc.constantFrom(500, 1_000, 5_000) }),
    fc.record({ do: fc.constant('stop' as const), name: fc.nat(4) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.nat(1_500) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0;
      const expired: number[] = [];
      const timers = new Timers(() => now);
      const all = [0, 1, 2, 3, 4].map((name) => new Named(name, expired));
      const due = new Map<number, number>();
      for (const one of steps) {
        const timed = 'name' in one ? all[one.name] : undefined;
        if (one.do === 'start' && timed !== undefined) {
          timers.start(timed, one.ms);
          due.set(one.name, now + one.ms);
        } else if (one.do === 'stop' && timed !== undefined) {
          timers.stop(timed);
          due.delete(one.name);
        } else if (one.do === 'pass') {
          now += one.ms;
          expired.length = 0;
          timers.run();
          const expected = [...due].filter(([, at]) => at <= now).map(([name]) => name);
          expect(new Set(expired)).toEqual(new Set(expected));
          expect(expired).toHaveLength(expected.length);
          for (const name of expected) due.delete(name);
        }
        expect(timers.wait(1_000)).toBe(Math.min(1_000, ...[...due.values()].map((at) => at - now)));
      }
    }),
  );
});
