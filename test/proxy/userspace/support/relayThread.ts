/**
 * The relay's program as tests need it: endpoints are tried in the order of their list, as the last swap of a shuffle
 * is one with itself; and `?pipes=1` leaves it so many pipes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runRelay } from '../../../../src/proxy/userspace/splice/program.ts';

const pipes = new URL(import.meta.url).searchParams.get('pipes');
const random = (): number => 0.999_999;
if (parentPort !== null) {
  void runRelay(workerData, parentPort, pipes === null ? { random } : { random, mostPipes: Number(pipes) });
}
