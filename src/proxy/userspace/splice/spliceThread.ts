/** The thread that carries, as the main thread holds it. */
import { resetSocket } from '../../../host/tcp/sockets.ts';
import { OwnedFiles } from '../../../host/tcp/ownedFiles.ts';
import type { TcpCalls } from '../../../host/tcp/tcpCalls.ts';
import type { StartThread, Thread } from '../../../host/thread.ts';
import type { Descriptors } from '../../../host/udp/descriptors.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { SharedBudget } from '../budget.ts';
import type { Order, Report, ThreadData } from './messages.ts';

/** Some 1 kB a connection, and 50,000 of them. */
const HEAP_MB = 128;

export interface SpliceThreadParts {
  readonly file: string | URL;
  readonly start: StartThread;
  readonly calls: TcpCalls;
  readonly descriptors: Descriptors;
  /** How many files the process may have open. */
  readonly mostFiles: number;
  readonly budget: SharedBudget;
  readonly log: Pick<Log, 'warn'>;
  /** Nothing of this port is carried any more. */
  readonly closed: (port: number) => void;
}

export class SpliceThread {
  /** Resolves when it carries; rejects with why it never will. */
  readonly ready: Promise<void>;
  /** Resolves with why; what it carried is closed by then. */
  readonly ended: Promise<string>;
  readonly #parts: SpliceThreadParts;
  readonly #thread: Thread;
  readonly #owned: OwnedFiles;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #given = new Int32Array(new SharedArrayBuffer(4));
  readonly #signal: number;
  readonly #ready = Promise.withResolvers<void>();

  constructor(parts: SpliceThreadParts) {
    this.#parts = parts;
    this.#owned = new OwnedFiles(parts.mostFiles);
    this.#signal = parts.descriptors.makeSignal();
    const data: ThreadData = {
      stop: this.#stop.buffer,
      signal: this.#signal,
      given: this.#given.buffer,
      owned: this.#owned.buffer,
      budget: parts.budget,
    };
    this.#thread = parts.start(parts.file, {
      data,
      heapMB: HEAP_MB,
      onMessage: (report: Report) => this.#hear(report),
      onExit: () => this.#halt(),
    });
    this.ready = this.#ready.promise;
    this.ended = this.#thread.ended.then((reason) => this.#clear(reason));
    // Whoever waits for it is told.
    this.ready.catch(() => undefined);
  }

  /** Seen by the thread before any connection that is made from now on. */
  order(order: Order): void {
    this.#thread.post(order);
    Atomics.add(this.#given, 0, 1);
    this.#parts.descriptors.signal(this.#signal);
  }

  /** Resolves when it is gone. */
  async close(): Promise<void> {
    this.#thread.hold();
    this.#halt();
    await this.ended;
  }

  #halt(): void {
    Atomics.store(this.#stop, 0, 1);
    this.#parts.descriptors.signal(this.#signal);
  }

  #hear(report: Report): void {
    switch (report.kind) {
      case 'ready':
        this.#ready.resolve();
        break;
      case 'closed':
        this.#parts.closed(report.port);
        break;
      case 'warning':
        this.#parts.log.warn(report.fields, report.message);
        break;
      default:
        report satisfies never;
    }
  }

  /** Its descriptors are the process's: without a reset, those at their other ends would wait for ever. */
  #clear(reason: string): string {
    this.#ready.reject(new Error(reason));
    for (const fd of this.#owned.take()) resetSocket(this.#parts.calls, fd);
    this.#parts.descriptors.close(this.#signal);
    return reason;
  }
}
