/**
 * A relay whose TCP is carried by a thread of its own that splices, and all else by another relay. So is TCP where
 * this machine has not what the thread needs, or where the thread does not stay alive.
 */
import { messageOf } from '../../../errors/caught.ts';
import type { Clock } from '../../../host/clock.ts';
import type { TcpCalls } from '../../../host/tcp/tcpCalls.ts';
import type { StartThread } from '../../../host/thread.ts';
import type { Descriptors } from '../../../host/udp/descriptors.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Budget } from '../budget.ts';
import { Ledger } from '../ledger.ts';
import type { ListenAt, Relay, RelayListener, RelayTargets } from '../relay.ts';
import { SharedPort } from './sharedPort.ts';
import { SpliceThread } from './spliceThread.ts';

/** A thread that ends sooner than that after the last one did is not tried again. */
const STEADY_MS = 10_000;

export interface SpliceSystem {
  readonly calls: TcpCalls;
  readonly descriptors: Descriptors;
  /** How many files the process may have open. */
  readonly mostFiles: number;
}

export interface SplicedRelayOptions {
  /** Carries what the thread does not. */
  readonly other: Relay;
  readonly file: string | URL;
  readonly start: StartThread;
  /** Rejects where there is no native module for this machine. */
  readonly load: () => Promise<SpliceSystem>;
  /** The other relay's too. */
  readonly budget: Budget;
  readonly clock: Clock;
  readonly log: Log;
}

/** A port that is carried by the thread, or by the other relay since the thread could not be had. */
interface Held {
  readonly port: SharedPort;
  moved: Promise<RelayListener | undefined> | undefined;
}

export class SplicedRelay implements Relay {
  readonly #options: SplicedRelayOptions;
  readonly #ports: Map<number, Held> = new Map();
  readonly #ledger: Ledger<SharedPort> = new Ledger();
  #numbers = 0;
  #loading: Promise<SpliceSystem> | undefined;
  #system: SpliceSystem | undefined;
  #thread: SpliceThread | undefined;
  #unable = false;
  #lostAt = Number.NEGATIVE_INFINITY;

  constructor(options: SplicedRelayOptions) {
    this.#options = options;
  }

  async listen(at: ListenAt, targets: RelayTargets): Promise<RelayListener> {
    const { other } = this.#options;
    const system = at.protocol === 'TCP' && !this.#unable ? await this.#ready() : undefined;
    if (system === undefined) return other.listen(at, targets);
    const held: Held = { port: new SharedPort(system.calls, this.#numbers++, at, targets), moved: undefined };
    this.#ports.set(held.port.number, held);
    this.#ledger.add(held.port);
    this.#ensureThread(system).order(held.port.listenOrder());
    return {
      retarget: (next) => this.#retarget(held, next),
      close: (drainMs) => this.#close(held, drainMs),
    };
  }

  figures(): ReturnType<Relay['figures']> {
    return [...this.#ledger.figures(), ...this.#options.other.figures()];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((held) => this.#close(held, 0)));
    await this.#options.other.close();
  }

  /** What the thread needs, once one has shown that it can run; nothing where that cannot be. */
  async #ready(): Promise<SpliceSystem | undefined> {
    try {
      this.#loading ??= this.#options.load();
      this.#system = await this.#loading;
      await this.#ensureThread(this.#system).ready;
      return this.#unable ? undefined : this.#system;
    } catch (error) {
      this.#giveUp(messageOf(error));
      return undefined;
    }
  }

  #ensureThread({ calls, descriptors, mostFiles }: SpliceSystem): SpliceThread {
    if (this.#thread !== undefined) return this.#thread;
    const { file, start, budget, log } = this.#options;
    const thread = new SpliceThread({
      file,
      start,
      calls,
      descriptors,
      mostFiles,
      budget: budget.shared,
      log,
      closed: (number) => this.#closed(number),
    });
    this.#thread = thread;
    void thread.ended.then((reason) => this.#lost(thread, reason));
    return thread;
  }

  #retarget(held: Held, targets: RelayTargets): void {
    const order = held.port.retarget(targets);
    if (held.moved === undefined) this.#thread?.order({ kind: 'retarget', ...order });
    else void held.moved.then((listener) => listener?.retarget(held.port.targets));
  }

  async #close({ port, moved }: Held, drainMs: number): Promise<void> {
    if (moved !== undefined) {
      this.#ports.delete(port.number);
      await (await moved)?.close(drainMs);
      return;
    }
    port.stopListening();
    this.#thread?.order({ kind: 'close', port: port.number, drainMs });
    await port.closed;
    // An idle agent has no thread that waits for nothing.
    if (this.#ports.size === 0) await this.#endThread();
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
  }

  #closed(number: number): void {
    const port = this.#ports.get(number)?.port;
    if (port === undefined) return;
    this.#ports.delete(number);
    this.#ledger.remove(port);
    port.close();
  }

  /** Another thread takes its place; connections that wait to be taken wait for that. */
  #lost(thread: SpliceThread, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const { clock, log, budget } = this.#options;
    let lost = 0;
    for (const { port } of this.#ports.values()) {
      lost += port.lose();
      if (!port.listening) this.#closed(port.number);
    }
    budget.give(lost);
    if (this.#ports.size === 0) return;
    const steady = clock.monotonic() - this.#lostAt >= STEADY_MS;
    this.#lostAt = clock.monotonic();
    if (!steady) return this.#giveUp(reason);
    log.warn(
      { reason, lost },
      'the thread that carries TCP ended: its connections are reset, another takes its place',
    );
    const system = this.#system;
    if (system === undefined) return;
    for (const { port } of this.#ports.values()) this.#ensureThread(system).order(port.listenOrder());
  }

  /** Everything is the other relay's from here on. */
  #giveUp(reason: string): void {
    const { log } = this.#options;
    if (!this.#unable) log.warn({ reason }, 'TCP is carried by the main thread, which takes longer');
    this.#unable = true;
    this.#thread = undefined;
    for (const held of this.#ports.values()) held.moved ??= this.#move(held.port);
  }

  async #move(port: SharedPort): Promise<RelayListener | undefined> {
    port.close();
    this.#ledger.remove(port);
    try {
      return await this.#options.other.listen(port.at, port.targets);
    } catch (error) {
      this.#options.log.error(
        { error, service: port.targets.name },
        'a Service port cannot be relayed any more',
      );
      return undefined;
    }
  }
}
