import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { emptyReady } from '../../../src/dns/answers/ready.ts';
import { SharedState } from '../../../src/dns/answers/sharedState.ts';
import { AnswerTable } from '../../../src/dns/answers/table.ts';
import { TableReader } from '../../../src/dns/answers/tableReader.ts';
import { answerOf, isWhole, keyOf, KEYS } from './selfChecking.ts';

const READERS = 2;
/** Of 64 look-ups each. */
const ROUNDS = 6_000;

test('a reader on another thread never meets an answer that is not of one piece', async () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  const file = new URL('./tableReaderThread.ts', import.meta.url);
  const readers = Array.from({ length: READERS }, (_, index) => {
    const workerData = { index, buffer: state.buffer, rounds: ROUNDS };
    return new Worker(file, { workerData, execArgv: [] });
  });
  table.listen((id, shape) => {
    for (const reader of readers) reader.postMessage({ id, shape }, []);
  });
  const results: { found: number; torn: number }[] = [];
  const done = readers.map(async (reader) => {
    const [result] = (await once(reader, 'message')) as [{ found: number; torn: number }];
    results.push(result);
    await reader.terminate();
  });
  // It writes, voids and moves answers for as long as anybody reads.
  for (let i = 0; results.length < READERS; i++) {
    for (let k = 0; k < 200; k++) {
      const number = (i * 200 + k * 7) % KEYS;
      table.put(keyOf(number), state.numberOf(`s${number % 10}`), answerOf(number, 1 + ((i + k) % 200)));
    }
    state.change(() => state.bump(`s${i % 10}`));
    await nextTurn();
  }
  await Promise.all(done);
  expect(results.map(({ torn }) => torn)).toEqual([0, 0]);
  expect(results.every(({ found }) => found > ROUNDS)).toBe(true);
});

test('memory that a reader is in is not written again', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  const reader = new TableReader(state, 0);
  table.listen((id, shape) => reader.learn(id, shape));
  table.put(keyOf(1), state.numberOf('a'), answerOf(1, 50));
  reader.enter(() => undefined);
  const ready = emptyReady();
  expect(reader.find(keyOf(1), ready)).toBe(true);
  for (let i = 0; i < 3_000; i++)
    table.put(keyOf(i % KEYS), state.numberOf('b'), answerOf(i % KEYS, 1 + (i % 200)));
  expect(isWhole(1, ready)).toBe(true);
  expect(ready.answers).toBe(50);
  // Where it is, nothing changes any more; with its next batch it goes where the writer is.
  reader.leave();
  reader.enter(() => undefined);
  expect(reader.find(keyOf(1), ready)).toBe(true);
  expect(ready.answers).not.toBe(50);
  reader.leave();
});

test('while a change becomes visible, only the writer knows what holds', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  const reader = new TableReader(state, 0);
  table.listen((id, shape) => reader.learn(id, shape));
  table.put(keyOf(1), state.numberOf('a'), answerOf(1, 50));
  reader.enter(() => undefined);
  const found = (): boolean => reader.find(keyOf(1), emptyReady());
  expect(found()).toBe(true);
  state.change(() => {
    expect(found()).toBe(false);
    state.bump('other');
  });
  expect(found()).toBe(true);
  state.change(() => state.bump('a'));
  expect(found()).toBe(false);
});
