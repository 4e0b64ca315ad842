/** One thread that answers, as the main thread holds it. */
import { type Clock, uptimeMs } from '../../host/clock.ts';
import type { StartThread, Thread } from '../../host/thread.ts';
import { BatchSender } from '../../host/udp/inbox.ts';
import type { SharedSocket, SharedSystem } from '../../host/udp/sharedSocket.ts';
import type { Answers } from '../answers/answers.ts';
import type { CacheCounts } from '../cache/counts.ts';
import type { DnsCounters } from '../server/counters.ts';
import type { ClientLimit } from '../server/limits/clientLimit.ts';
import type { Link } from '../server/readyReplies.ts';
import type { Order, Report, ThreadData } from './messages.ts';
import { PacketRing } from './packetRing.ts';

/** Packets that are answered before everything else has its turn: some 2 ms of DNS. */
const TURN = 512;

export interface ThreadParts {
  readonly file: string | URL;
  readonly start: StartThread;
  readonly system: SharedSystem;
  readonly index: number;
  readonly counters: DnsCounters;
  readonly cacheCounts: CacheCounts;
  readonly answers: Answers;
  readonly seed: number;
  readonly clusterDomain: string;
  readonly limit: ClientLimit | undefined;
  readonly joinedFrom: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The socket of this number, while it is open. */
  readonly socket: (number: number) => SharedSocket | undefined;
}

export class AnswerThread {
  /** Resolves with why. */
  readonly ended: Promise<string>;
  readonly #parts: ThreadParts;
  readonly #thread: Thread;
  readonly #ring = new PacketRing();
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #signal: number;
  readonly #deaf: () => void;
  readonly #awaited = new Map<string, (report: Report) => void>();
  #resume: NodeJS.Immediate | undefined;

  constructor(parts: ThreadParts) {
    const { system, answers, index, counters, cacheCounts, seed, clusterDomain, limit, joinedFrom } = parts;
    this.#parts = parts;
    this.#signal = system.descriptors.makeSignal();
    const data: ThreadData = {
      index,
      state: answers.state.buffer,
      counters: counters.buffer,
      ring: this.#ring.buffer,
      stop: this.#stop.buffer,
      signal: this.#signal,
      seed,
      clusterDomain,
      denial: answers.resolver.lifetimes.denial,
      joinedFrom,
      limit: limit && { settings: limit.settings, buffer: limit.buffer },
      aheadMs: uptimeMs() - parts.clock.monotonic(),
      cacheCounts: cacheCounts.buffer,
    };
    this.#ring.sleep();
    this.#thread = parts.start(parts.file, {
      data,
      onMessage: (report: Report) => this.#hear(report),
      onExit: () => this.#halt(),
    });
    this.#deaf = answers.table.listen((id, shape) => this.#order({ kind: 'memory', id, shape }));
    this.ended = this.#thread.ended.then((reason) => this.#clear(reason));
  }

  /** Resolves when the thread reads the socket, with nothing; or with why it never will. */
  async read(number: number, socket: SharedSocket, link: Link): Promise<string | undefined> {
    const reported = Promise.race([this.#report(number), this.ended]);
    this.#tell({ kind: 'read', socket: number, fd: socket.lend(this.#parts.system), link });
    const report = await reported;
    if (typeof report === 'string') return report;
    return report.kind === 'unable' ? report.reason : undefined;
  }

  /** Resolves when the thread uses the socket no more. */
  async leave(number: number): Promise<void> {
    const left = Promise.race([this.#report(number), this.ended]);
    this.#tell({ kind: 'leave', socket: number });
    await left;
    this.#drain(Number.POSITIVE_INFINITY);
  }

  /** Resolves when the thread is gone, what it had passed on answered. */
  async close(): Promise<void> {
    this.#thread.hold();
    this.#halt();
    await this.ended;
  }

  #halt(): void {
    Atomics.store(this.#stop, 0, 1);
    this.#parts.system.descriptors.signal(this.#signal);
  }

  #clear(reason: string): string {
    this.#deaf();
    // However it ended, it is in no memory now.
    this.#parts.answers.state.dismiss(this.#parts.index);
    this.#drain(Number.POSITIVE_INFINITY);
    clearImmediate(this.#resume);
    this.#parts.system.descriptors.close(this.#signal);
    return reason;
  }

  #order(order: Order): void {
    this.#thread.post(order);
  }

  /** What the thread must see at once, and not with its next packet. */
  #tell(order: Order): void {
    this.#order(order);
    this.#parts.system.descriptors.signal(this.#signal);
  }

  #report(socket: number): Promise<Report> {
    return new Promise((resolve) => this.#awaited.set(String(socket), resolve));
  }

  #hear(report: Report): void {
    if (report.kind === 'packets') {
      this.#drain(TURN);
      return;
    }
    const key = String(report.socket);
    this.#awaited.get(key)?.(report);
    this.#awaited.delete(key);
  }

  /** Answers what the thread could not, in the order in which it came. */
  #drain(most: number): void {
    const touched = new Set<SharedSocket>();
    let left = most;
    for (;;) {
      const packet = left > 0 ? this.#ring.peek() : undefined;
      if (packet === undefined) {
        if (left <= 0) break;
        this.#ring.sleep();
        // A packet may have come just before we said that we sleep.
        if (this.#ring.peek() === undefined || !this.#ring.wake()) break;
        continue;
      }
      const socket = this.#parts.socket(packet.socket);
      if (socket !== undefined) {
        if (!touched.has(socket)) socket.gather(true);
        touched.add(socket);
        const sender = new BatchSender(packet.names);
        sender.at = packet.at;
        socket.deliver(packet.octets, sender);
      }
      this.#ring.pop();
      left--;
    }
    for (const socket of touched) socket.gather(false);
    if (left <= 0) {
      this.#resume = setImmediate(() => this.#drain(TURN));
    }
  }
}
