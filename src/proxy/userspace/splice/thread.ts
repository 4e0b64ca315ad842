/** The program of the thread that carries TCP. */
import { parentPort, workerData } from 'node:worker_threads';
import { runRelay } from './program.ts';

// A bundle has no top-level await; a failure ends the thread, and its reason is told.
if (parentPort !== null) void runRelay(workerData, parentPort, { random: Math.random });
