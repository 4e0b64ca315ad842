/** A thread that looks up random questions, and counts those answers that are not of one piece. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { emptyReady } from '../../../src/dns/answers/ready.ts';
import { SharedState } from '../../../src/dns/answers/sharedState.ts';
import { TableReader } from '../../../src/dns/answers/tableReader.ts';
import { isWhole, keyOf, KEYS } from './selfChecking.ts';

const { index, buffer, rounds } = workerData as { index: number; buffer: SharedArrayBuffer; rounds: number };
const reader = new TableReader(new SharedState(buffer), index);
const ready = emptyReady();
const port = parentPort;
const news = (): void => {
  for (let told = port && receiveMessageOnPort(port); told; told = port && receiveMessageOnPort(port)) {
    reader.learn(told.message.id, told.message.shape);
  }
};
let found = 0;
let torn = 0;
for (let round = 0; round < rounds; round++) {
  reader.enter(news);
  for (let i = 0; i < 64; i++) {
    const number = Math.floor(Math.random() * KEYS);
    if (!reader.find(keyOf(number), ready)) continue;
    found++;
    if (!isWhole(number, ready)) torn++;
  }
  reader.leave();
}
port?.postMessage({ found, torn });
