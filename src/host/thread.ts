/** A thread of this process, with a JavaScript world of its own. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors/caught.ts';

export interface Thread {
  post(message: unknown): void;
  /** Without, the process ends when everything else has. */
  hold(): void;
  /** Ends it where it stands, once it runs JavaScript. */
  kill(): void;
  /** Resolves with why, however it ended. */
  readonly ended: Promise<string>;
}

export interface ThreadOptions<Message> {
  readonly data: unknown;
  /** Of JavaScript's own heap: a thread that needs more ends. */
  readonly heapMB?: number;
  readonly onMessage: (message: Message) => void;
  /**
   * Called when the process is about to end in whatever way. Node waits for its threads then, and would for ever for
   * one that sits in a system call.
   */
  readonly onExit: () => void;
}

/** `Message` is what its program sends: nobody checks it. */
export type StartThread = <Message>(file: string | URL, options: ThreadOptions<Message>) => Thread;

/** Threads here keep most of their data in shared memory. */
const LIMITS = { maxYoungGenerationSizeMb: 1, stackSizeMb: 1 } as const;
const HEAP_MB = 32;

export const startThread: StartThread = (file, { data, heapMB = HEAP_MB, onMessage, onExit }) => {
  const resourceLimits = { ...LIMITS, maxOldGenerationSizeMb: heapMB };
  const worker = new Worker(file, { workerData: data, execArgv: [], resourceLimits });
  worker.unref();
  process.on('exit', onExit);
  worker.on('message', onMessage);
  const ended = new Promise<string>((resolve) => {
    worker.once('error', (error) => resolve(messageOf(error)));
    worker.once('exit', (code) => {
      process.off('exit', onExit);
      resolve(`ended with code ${code}`);
    });
  });
  return {
    post: (message) => worker.postMessage(message, []),
    hold: () => worker.ref(),
    kill: () => void worker.terminate(),
    ended,
  };
};
