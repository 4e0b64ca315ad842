import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedState } from '../../../src/dns/answers/sharedState.ts';
import { emptyReady, type Ready } from '../../../src/dns/answers/ready.ts';
import { AnswerTable } from '../../../src/dns/answers/table.ts';
import { TYPE } from '../../../src/dns/wire/codes.ts';
import { makeQuery, Query } from '../../../src/dns/wire/query.ts';

function question(name: string, type: number = TYPE.A): Query {
  const query = new Query(7);
  query.read(makeQuery(name, type));
  return query;
}

function ready(fill: number, length: number): Ready {
  const bytes = new Uint8Array(length + 3).fill(fill);
  return {
    ...emptyReady(),
    bytes,
    start: 3,
    length,
    answers: fill,
    additional: 2,
    stride: 16,
    spelled: true,
  };
}

function found(table: AnswerTable, query: Query): Ready | undefined {
  const into = emptyReady();
  return table.find(query, into) ? into : undefined;
}

test('an answer comes back as it was kept, for its question only', () => {
  const table = new AnswerTable(new SharedState());
  table.put(question('web.shop'), 0, ready(9, 33));
  const answer = found(table, question('WEB.shop'));
  expect(answer).toMatchObject({
    length: 33,
    answers: 9,
    additional: 2,
    stride: 16,
    whole: true,
    spelled: true,
  });
  const octets = answer?.bytes.subarray(answer.start, answer.start + answer.length);
  expect(octets?.every((octet) => octet === 9)).toBe(true);
  expect(found(table, question('web.shop', TYPE.AAAA))).toBeUndefined();
  expect(found(table, question('webs.hop'))).toBeUndefined();
  expect(found(table, question('b.shop'))).toBeUndefined();
});

test('voiding one thing voids all that was kept for it, and nothing else', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  table.put(question('a.web'), state.numberOf('web'), ready(1, 4));
  table.put(question('b.web'), state.numberOf('web'), ready(2, 4));
  table.put(question('a.api'), state.numberOf('api'), ready(3, 4));
  state.bump('web');
  expect(found(table, question('a.web'))).toBeUndefined();
  expect(found(table, question('b.web'))).toBeUndefined();
  expect(found(table, question('a.api'))?.answers).toBe(3);
});

test('what is kept for one thing is told, the latest first, as long as it holds and wherever it was moved', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  const web = state.numberOf('web');
  const keyOf = (name: string): Uint8Array => question(name).key.subarray(0, question(name).keyLength);
  const told = (most: number): string[] => table.keysOf(web, most).map((key) => String(key));
  const keys = (...names: string[]): string[] => names.map((name) => String(Uint8Array.from(keyOf(name))));
  table.put(question('old.web'), web, ready(1, 4));
  state.bump('web');
  expect(told(9)).toEqual([]);
  table.put(question('a.web'), web, ready(1, 4));
  table.put(question('a.api'), state.numberOf('api'), ready(1, 4));
  table.put(question('b.web'), web, ready(1, 4));
  table.put(question('c.web'), web, { ...ready(1, 4), rcode: 3 });
  expect(told(9)).toEqual(keys('b.web', 'a.web'));
  expect(told(1)).toEqual(keys('b.web'));
  const before = table.octets;
  for (let i = 0; i < 3000; i++) table.put(question(`n${i}.api`), state.numberOf('api'), ready(1, 40));
  expect(table.octets).toBeGreaterThan(before);
  expect(told(9).toSorted()).toEqual(keys('a.web', 'b.web').toSorted());
});

test('what was voided is swept, so that churn does not fill memory', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 50; i++) table.put(question(`n${i}.web`), state.numberOf('web'), ready(i + 1, 400));
    state.bump('web');
  }
  // One round is 50 answers of 400 octets.
  expect(table.octets).toBeLessThan(20 * 50 * 400);
});

test('behaves as a map does, through growth and sweeps', () => {
  const name = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }));
  const step = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        put: name,
        length: fc.integer({ min: 0, max: 3000 }),
        fill: fc.integer({ min: 1, max: 200 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ bump: fc.integer({ min: 0, max: 8 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const state = new SharedState();
      const table = new AnswerTable(state);
      const model = new Map<string, number>();
      for (const action of steps) {
        if ('bump' in action) {
          state.bump(`s${action.bump}`);
          for (const key of model.keys()) if (key.endsWith(`.s${action.bump}`)) model.delete(key);
        } else {
          const key = `n${action.put[0]}.s${action.put[1]}`;
          table.put(question(key), state.numberOf(`s${action.put[1]}`), ready(action.fill, action.length));
          model.set(key, action.fill);
        }
      }
      for (let n = 0; n <= 60; n++) {
        for (let s = 0; s <= 8; s++) {
          expect(found(table, question(`n${n}.s${s}`))?.answers).toBe(model.get(`n${n}.s${s}`));
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('denials of made-up names do not fill memory, nor drive out the answers for names that exist', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  table.put(question('web'), state.numberOf('web'), ready(7, 16));
  const denial = { ...emptyReady(3), errorBytes: new Uint8Array(40), errorLength: 40 };
  const memory = state.memory(0);
  for (let i = 0; i < 40_000; i++) table.put(question(`random-${i}`), state.numberOf(''), denial);
  // Nor are these answers moved to make room: there may be very many.
  expect(state.memory(0)).toBe(memory);
  expect(table.size).toBeLessThan(10_000);
  expect(table.octets).toBeLessThan(8e6);
  expect(found(table, question('web'))?.answers).toBe(7);
  expect(found(table, question('random-39999'))).toMatchObject({ rcode: 3, length: 0, errorLength: 40 });
});
