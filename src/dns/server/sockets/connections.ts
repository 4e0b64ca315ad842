/** The TCP connections to one address, and how many. */
import type { Socket } from 'node:net';
import type { Clock } from '../../../host/clock.ts';
import type { Reply } from '../responder.ts';
import type { Client } from '../step.ts';
import { TcpConnection } from './tcpConnection.ts';

/** For another one, the connection that is idle for longest makes room. */
const MAX_CONNECTIONS = 1024;

export class Connections {
  readonly #clock: Clock;
  readonly #events: ConstructorParameters<typeof TcpConnection>[2];
  /** Least recently active first: a Set keeps the order of insertion. */
  readonly #all = new Set<TcpConnection>();

  constructor(clock: Clock, respond: (query: Uint8Array, client: Client) => Reply) {
    this.#clock = clock;
    this.#events = {
      respond,
      active: (connection) => {
        this.#all.delete(connection);
        this.#all.add(connection);
      },
      closed: (connection) => void this.#all.delete(connection),
    };
  }

  /** Takes the connection in, or closes it where every other one waits for an answer. */
  accept(socket: Socket): void {
    if (this.#all.size >= MAX_CONNECTIONS && !this.#makeRoom()) socket.destroy();
    else this.#all.add(new TcpConnection(socket, this.#clock, this.#events));
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #makeRoom(): boolean {
    for (const connection of this.#all) {
      if (!connection.idle) continue;
      this.#all.delete(connection);
      connection.destroy();
      return true;
    }
    return false;
  }
}
