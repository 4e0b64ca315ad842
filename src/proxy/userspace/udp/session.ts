/** One client of a UDP port, and the endpoint that it talks to. */
import { createSocket, type Socket } from 'node:dgram';
import type { Clock, Timer } from '../../../host/clock.ts';
import type { Balancer } from '../balancer.ts';
import type { Tally } from '../figures.ts';
import type { RelayEndpoint } from '../relay.ts';

export interface SessionParts {
  /** For affinity. */
  readonly client: string;
  readonly balancer: Balancer;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly idleMs: number;
  readonly reply: (packet: Uint8Array) => void;
  readonly ended: () => void;
}

export class Session {
  readonly #parts: SessionParts;
  readonly #order: Generator<RelayEndpoint, void>;
  #endpoint: RelayEndpoint | undefined;
  #socket: Socket | undefined;
  /** What was sent last, while nobody answered it: it goes to the next endpoint as well. */
  #unanswered: Uint8Array | undefined;
  #waiting: Uint8Array[] = [];
  #usedAt: number;
  /** When the present endpoint was turned to, and whether it ever answered. */
  #triedAt = 0;
  #reached = false;
  #timer: Timer | undefined;
  #over = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#order = parts.balancer.order(parts.client);
    this.#usedAt = parts.clock.monotonic();
  }

  /** May end it at once, where there is no endpoint. */
  start(): void {
    this.#watch(this.#parts.idleMs);
    this.#next();
  }

  get endpoint(): RelayEndpoint | undefined {
    return this.#endpoint;
  }

  /** `packet` is the session's from here on. */
  send(packet: Uint8Array): void {
    this.#usedAt = this.#parts.clock.monotonic();
    if (this.#over) return;
    if (this.#socket === undefined) {
      // UDP may lose packets; memory may not fill.
      if (this.#waiting.length < 16) this.#waiting.push(packet);
      return;
    }
    this.#unanswered = packet;
    this.#parts.tally.counts.bytesIn += packet.length;
    this.#socket.send(packet);
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#socket?.close();
    this.#socket = undefined;
    this.#parts.ended();
  }

  #next(): void {
    const { value } = this.#order.next();
    if (value === undefined) {
      this.#parts.tally.counts.failed += 1;
      this.end();
      return;
    }
    if (this.#endpoint !== undefined) this.#parts.tally.counts.retries += 1;
    this.#endpoint = value;
    this.#triedAt = this.#parts.clock.monotonic();
    this.#reached = false;
    this.#connect(value);
  }

  #connect(endpoint: RelayEndpoint): void {
    const { address, port } = endpoint;
    const six = address.includes(':');
    const socket = createSocket({
      type: six ? 'udp6' : 'udp4',
      lookup: (host, _options, done) => done(null, host, six ? 6 : 4),
    });
    socket.on('message', (packet) => this.#answered(endpoint, packet));
    // A connected socket is told of ICMP: nobody listens there, or nobody gets there.
    socket.on('error', () => this.#refused(endpoint, socket));
    socket.connect(port, address, () => {
      if (this.#over || this.#endpoint !== endpoint) return;
      this.#socket = socket;
      const again = this.#unanswered === undefined ? [] : [this.#unanswered];
      for (const packet of [...again, ...this.#waiting.splice(0)]) this.send(packet);
    });
  }

  #answered(endpoint: RelayEndpoint, packet: Uint8Array): void {
    const { balancer, client, clock, tally, reply } = this.#parts;
    if (this.#over) return;
    this.#usedAt = clock.monotonic();
    this.#unanswered = undefined;
    balancer.reached(endpoint, client);
    if (!this.#reached) tally.reached(endpoint.text, (this.#usedAt - this.#triedAt) / 1000);
    this.#reached = true;
    tally.counts.bytesOut += packet.length;
    reply(packet);
  }

  #refused(endpoint: RelayEndpoint, socket: Socket): void {
    if (this.#over || this.#endpoint !== endpoint) return;
    this.#socket = undefined;
    socket.close();
    this.#parts.balancer.failed(endpoint);
    this.#parts.tally.failed(endpoint.text);
    this.#next();
  }

  #watch(ms: number): void {
    const { clock, idleMs } = this.#parts;
    this.#timer = clock.after(ms, () => {
      const left = this.#usedAt + idleMs - clock.monotonic();
      if (left <= 0) this.end();
      else this.#watch(left);
    });
  }
}
