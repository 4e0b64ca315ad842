/** TCP of one Service port, as the main thread holds it: its descriptor outlives the thread that uses it. */
import { uptimeMs } from '../../../host/clock.ts';
import { openListening, stopListening } from '../../../host/tcp/sockets.ts';
import type { TcpCalls } from '../../../host/tcp/tcpCalls.ts';
import type { ListenAt, RelayFigures, RelayTargets } from '../relay.ts';
import { EndpointMemory } from './endpointMemory.ts';
import type { ListenOrder, Retarget } from './messages.ts';
import { PortMemory } from './portMemory.ts';

export class SharedPort {
  readonly number: number;
  readonly at: ListenAt;
  readonly closed: Promise<void>;
  readonly #calls: TcpCalls;
  readonly #fd: number;
  readonly #memory = new PortMemory();
  readonly #settle: () => void;
  #targets: RelayTargets;
  #endpoints: EndpointMemory;
  #listening = true;
  #open = true;

  /** Throws the system's error. */
  constructor(calls: TcpCalls, number: number, at: ListenAt, targets: RelayTargets) {
    this.#calls = calls;
    this.number = number;
    this.at = at;
    this.#targets = targets;
    this.#endpoints = new EndpointMemory(targets.endpoints);
    this.#fd = openListening(calls, at.address, at.port);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#settle = resolve;
  }

  get targets(): RelayTargets {
    return this.#targets;
  }

  /** Whether new connections are taken. */
  get listening(): boolean {
    return this.#listening;
  }

  listenOrder(): ListenOrder {
    const { at } = this;
    return { kind: 'listen', ...this.#retarget(), fd: this.#fd, at, memory: this.#memory.buffer };
  }

  retarget(targets: RelayTargets): Retarget {
    this.#targets = targets;
    const before = this.#endpoints;
    this.#endpoints = new EndpointMemory(targets.endpoints);
    this.#endpoints.take(before);
    return this.#retarget();
  }

  /** New connections are refused from here on; the thread hears of it a moment later. */
  stopListening(): void {
    if (this.#listening) stopListening(this.#calls, this.#fd);
    this.#listening = false;
  }

  /** Nobody uses the descriptor any more. */
  close(): void {
    if (this.#open) this.#calls.close(this.#fd);
    this.#open = false;
    this.#settle();
  }

  /** All that was carried is gone; tells how many connections that were. */
  lose(): number {
    const { open } = this.#memory.counts;
    this.#memory.counts.open = 0;
    return open;
  }

  figures(): RelayFigures {
    const { name } = this.#targets;
    const suspended = this.#endpoints.suspended(uptimeMs());
    const endpoints = this.#endpoints.figures();
    return { ...this.#memory.figures(), name, protocol: 'TCP', suspended, endpoints };
  }

  #retarget(): Retarget {
    return { port: this.number, targets: this.#targets, endpoints: this.#endpoints.buffer };
  }
}
