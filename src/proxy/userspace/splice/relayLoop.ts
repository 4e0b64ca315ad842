/** What the thread that carries does: waits for what happens to its sockets, and for orders. */
import type { Descriptors } from '../../../host/udp/descriptors.ts';
import type { Poller, Watcher } from '../../../host/tcp/poller.ts';
import type { Order, Report } from './messages.ts';
import { SplicedPort, type SplicedPortHost } from './splicedPort.ts';

/** However a process ends, its threads must come to see it: no call waits longer. */
const WAIT_MS = 1_000;

export interface RelayLoopParts {
  readonly host: Omit<SplicedPortHost, 'obey'> & { readonly poller: Poller };
  readonly descriptors: Pick<Descriptors, 'unsignal'>;
  readonly signal: number;
  readonly stopped: () => boolean;
  /** How many orders were given so far. */
  readonly given: () => number;
  /** The next of them. */
  readonly receive: () => Order | undefined;
  readonly tell: (report: Report) => void;
}

export class RelayLoop implements Watcher {
  readonly #parts: RelayLoopParts;
  readonly #host: SplicedPortHost;
  readonly #ports: Map<number, SplicedPort> = new Map();
  #received = 0;

  constructor(parts: RelayLoopParts) {
    this.#parts = parts;
    this.#host = { ...parts.host, obey: () => this.#obey() };
  }

  /** Returns when it is told to stop. */
  run(): void {
    const { host, signal, stopped, tell } = this.#parts;
    if (!host.poller.watch(signal, this)) throw new Error('epoll_ctl: the signal cannot be waited for');
    tell({ kind: 'ready' });
    while (!stopped()) {
      host.poller.turn(host.timers.wait(WAIT_MS));
      host.timers.run();
    }
  }

  /** Somebody signalled. */
  ready(): void {
    this.#parts.descriptors.unsignal(this.#parts.signal);
    this.#obey();
  }

  #obey(): void {
    const { given, receive } = this.#parts;
    while (this.#received !== given()) {
      const order = receive();
      if (order === undefined) return;
      this.#received = (this.#received + 1) | 0;
      this.#follow(order);
    }
  }

  #follow(order: Order): void {
    const { port: number } = order;
    const port = this.#ports.get(number);
    switch (order.kind) {
      case 'listen':
        this.#ports.set(number, new SplicedPort(order, this.#host, () => this.#closed(number)));
        break;
      case 'retarget':
        port?.retarget(order);
        break;
      case 'close':
        port?.close(order.drainMs);
        break;
      default:
        order satisfies never;
    }
  }

  #closed(number: number): void {
    this.#ports.delete(number);
    this.#parts.tell({ kind: 'closed', port: number });
  }
}
