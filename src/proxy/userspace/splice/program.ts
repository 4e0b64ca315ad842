/** Puts together what the thread that carries consists of, and runs it until it is told to stop. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { uptimeMs } from '../../../host/clock.ts';
import { OwnedFiles } from '../../../host/tcp/ownedFiles.ts';
import { Pipes } from '../../../host/tcp/pipes.ts';
import { Poller } from '../../../host/tcp/poller.ts';
import { Sockets } from '../../../host/tcp/sockets.ts';
import { canSplice, StreamHost } from '../../../host/tcp/stream.ts';
import { loadTcpCalls } from '../../../host/tcp/tcpCalls.ts';
import { loadDescriptors } from '../../../host/udp/descriptors.ts';
import { Budget } from '../budget.ts';
import type { Report, ThreadData } from './messages.ts';
import { RelayLoop } from './relayLoop.ts';
import { Timers } from './timers.ts';

/** Connections that wait for a slow reader at once, beyond which octets are copied: two descriptors each. */
const MOST_PIPES = 512;
const PIPE_OCTETS = 256 << 10;

export interface ProgramOptions {
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly mostPipes?: number;
}

/** Rejects where the machine has not what it takes. */
export async function runRelay(data: ThreadData, port: MessagePort, options: ProgramOptions): Promise<void> {
  const { random, mostPipes = MOST_PIPES } = options;
  const [calls, descriptors] = await Promise.all([loadTcpCalls(), loadDescriptors()]);
  const stop = new Int32Array(data.stop);
  const given = new Int32Array(data.given);
  const owned = new OwnedFiles(data.owned);
  const poller = new Poller(calls);
  owned.add(poller.fd);
  const tell = (report: Report): void => port.postMessage(report, []);
  const log = {
    warn: (fields: object, message: string): void => tell({ kind: 'warning', fields, message }),
  };
  // As `uptimeMs`, which the main thread compares with, at a tenth of its price.
  const ahead = uptimeMs() - performance.now();
  const now = (): number => performance.now() + ahead;
  const loop = new RelayLoop({
    host: {
      random,
      now,
      sockets: new Sockets(calls, owned),
      poller,
      streams: new StreamHost(calls, new Pipes(calls, owned, canSplice(calls) ? mostPipes : 0, PIPE_OCTETS)),
      timers: new Timers(now),
      budget: new Budget({ ...data.budget, clock: { monotonic: now }, log }),
    },
    descriptors,
    signal: data.signal,
    stopped: () => Atomics.load(stop, 0) === 1,
    given: () => Atomics.load(given, 0),
    receive: () => receiveMessageOnPort(port)?.message,
    tell,
  });
  loop.run();
}
