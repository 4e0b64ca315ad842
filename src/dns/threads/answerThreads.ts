/**
 * The threads that answer, and the sockets that they and the main thread share. A thread answers what is ready and
 * passes on the rest; while there is none, or none that works, the main thread answers everything.
 */
import { messageOf } from '../../errors/caught.ts';
import type { Clock, Timer } from '../../host/clock.ts';
import type { StartThread } from '../../host/thread.ts';
import { SharedSocket, type SharedSystem } from '../../host/udp/sharedSocket.ts';
import type { UdpIo, UdpReceiver, UdpSocket } from '../../host/udp/udpIo.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Answers } from '../answers/answers.ts';
import { CacheCounts } from '../cache/counts.ts';
import { DnsCounters } from '../server/counters.ts';
import type { ClientLimit } from '../server/limits/clientLimit.ts';
import type { Link } from '../server/readyReplies.ts';
import { AnswerThread } from './answerThread.ts';
import { Demand } from './demand.ts';

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const SECOND_MS = 1_000;

export interface AnswerThreadsOptions {
  /** `auto`: one, while there are many queries. */
  readonly count: number | 'auto';
  readonly file: string | URL;
  readonly start: StartThread;
  /** Rejects where the machine has not what it takes. */
  readonly load: () => Promise<SharedSystem>;
  readonly answers: Answers;
  readonly seed: number;
  readonly clusterDomain: string;
  /** What each client may ask; threads keep to it together. */
  readonly limit: ClientLimit | undefined;
  readonly joinedFrom: number;
  /** Queries answered so far, by all threads. */
  readonly queries: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Shared {
  readonly socket: SharedSocket;
  readonly link: Link;
}

export class AnswerThreads {
  /** Of each thread that there ever was; what took its place counts on. */
  readonly counters: DnsCounters[] = [];
  readonly cacheCounts: CacheCounts[] = [];
  readonly #options: AnswerThreadsOptions;
  readonly #sockets = new Map<number, Shared>();
  readonly #demand = new Demand();
  readonly #threads = new Set<AnswerThread>();
  #nextNumber = 0;
  #wanted: number;
  /** Everything that moves sockets from thread to thread, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #retryMs = RETRY_MIN_MS;
  #startedAt = 0;
  #timer: Timer | undefined;
  #lastQueries = 0;
  #unable = false;
  #closed = false;

  constructor(options: AnswerThreadsOptions) {
    this.#options = options;
    this.#wanted = options.count === 'auto' ? 0 : options.count;
    if (options.count === 'auto') this.#watch();
  }

  /** Threads that answer now. */
  get running(): number {
    return this.#threads.size;
  }

  /** Binds an address; it is the threads' to read as soon as there are some. */
  async bind(io: UdpIo, address: string, port: number, link: Link, receive: UdpReceiver): Promise<UdpSocket> {
    const socket = await SharedSocket.bind(io, address, port, receive);
    const number = this.#nextNumber++;
    this.#sockets.set(number, { socket, link });
    await this.#enqueue(async () => {
      if (this.#threads.size < this.#wanted) await this.#adjust();
      else await this.#handOver(number);
    });
    return {
      port: socket.port,
      send: (packet, to) => socket.send(packet, to),
      close: () => this.#enqueue(() => this.#drop(number)),
    };
  }

  /** Nothing more is read, by anybody here; what has been read can still be answered. */
  async retire(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#enqueue(async () => {
      const system = await this.#options.load();
      for (const { socket } of this.#sockets.values()) socket.lend(system);
      await this.#end();
      await Promise.all([...this.#sockets.values()].map(({ socket }) => socket.give()));
    });
  }

  /** Ends all threads; what they had in hand is answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#enqueue(() => this.#end());
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work);
    return this.#work;
  }

  async #start(): Promise<void> {
    const { log, load, count: _, ...parts } = this.#options;
    if (this.#unable || this.#closed) return;
    try {
      const system = await load();
      this.#startedAt = this.#options.clock.monotonic();
      while (this.#threads.size < this.#wanted) {
        const index = this.#threads.size;
        const counters = (this.counters[index] ??= new DnsCounters());
        const cacheCounts = (this.cacheCounts[index] ??= new CacheCounts());
        const socket = (number: number): SharedSocket | undefined => this.#sockets.get(number)?.socket;
        const thread = new AnswerThread({ ...parts, system, index, counters, cacheCounts, socket });
        this.#threads.add(thread);
        void thread.ended.then((reason) => this.#lost(thread, reason));
      }
      for (const number of this.#sockets.keys()) await this.#handOver(number);
      if (this.#threads.size > 0) {
        log.info({ threads: this.#threads.size }, 'dns: threads of their own answer');
      }
    } catch (error) {
      await this.#giveUp(messageOf(error));
    }
  }

  /** Both read for a moment; then only the threads do. */
  async #handOver(number: number): Promise<void> {
    const shared = this.#sockets.get(number);
    if (shared === undefined || this.#threads.size === 0) return;
    for (const thread of this.#threads) {
      const trouble = await thread.read(number, shared.socket, shared.link);
      // A thread that has ended is another matter, and `#lost` sees to it.
      if (trouble !== undefined && this.#threads.has(thread)) return this.#giveUp(trouble);
    }
    if (this.#threads.size > 0) await shared.socket.give();
  }

  async #drop(number: number): Promise<void> {
    const shared = this.#sockets.get(number);
    if (shared === undefined) return;
    await Promise.all([...this.#threads].map((thread) => thread.leave(number)));
    this.#sockets.delete(number);
    await shared.socket.close();
  }

  async #end(): Promise<void> {
    for (const { socket } of this.#sockets.values()) socket.take();
    const ending = [...this.#threads];
    this.#threads.clear();
    await Promise.all(ending.map((thread) => thread.close()));
  }

  async #giveUp(reason: string): Promise<void> {
    if (!this.#unable) {
      this.#options.log.info(
        { reason },
        'dns: all queries are answered by the main thread, which takes longer',
      );
    }
    this.#unable = true;
    await this.#end();
  }

  #lost(thread: AnswerThread, reason: string): void {
    // Those that were to end are not among them.
    if (!this.#threads.delete(thread) || this.#closed) return;
    const { log, clock } = this.#options;
    if (this.#threads.size === 0) for (const { socket } of this.#sockets.values()) socket.take();
    // One that has run for long was no bad start.
    const lasted = clock.monotonic() - this.#startedAt > RETRY_MAX_MS;
    const pauseMs = lasted ? RETRY_MIN_MS : this.#retryMs;
    this.#retryMs = Math.min(RETRY_MAX_MS, 2 * pauseMs);
    log.warn(
      { reason, retryMs: pauseMs },
      'dns: a thread that answers ended; another one will take its place',
    );
    clock.after(pauseMs, () => void this.#enqueue(() => this.#adjust()));
  }

  async #adjust(): Promise<void> {
    if (this.#closed || this.#threads.size === this.#wanted) return;
    // A thread that is left may not be the last: all start afresh, so that each has a place among the readers.
    await this.#end();
    if (this.#wanted > 0) await this.#start();
    else this.#options.log.info({}, 'dns: few queries now: the main thread answers them');
  }

  #watch(): void {
    this.#timer = this.#options.clock.after(SECOND_MS, () => {
      const queries = this.#options.queries();
      const wanted = this.#demand.second(queries - this.#lastQueries) ? 1 : 0;
      this.#lastQueries = queries;
      if (wanted !== this.#wanted) {
        this.#wanted = wanted;
        void this.#enqueue(() => this.#adjust());
      }
      this.#watch();
    });
  }
}
