/** One client's connection: many queries, answered in whatever order the answers come (RFC 7766 section 6.2.1.1). */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../host/clock.ts';
import { Frames, frame } from '../../wire/frames.ts';
import type { Reply } from '../responder.ts';
import type { Client } from '../step.ts';

/** Milliseconds until the first query must have come, then between queries, and for a client to take its replies. */
const FIRST_QUERY_MS = 3_000;
const IDLE_MS = 10_000;
const WRITE_MS = 5_000;
/** Queries of one connection that may wait for answers; further ones stay in the client's send buffer. */
const MAX_IN_FLIGHT = 128;
/** A question and an OPT record take 300 octets, padding rounds them up. Who announces more wants our memory. */
const MAX_QUERY = 4096;
/** Octets of replies that a client may leave unread before its queries are read no more. */
const MAX_UNREAD = 64 * 1024;
/** Those under way may still be added; a client that takes none of them is put out. */
const MAX_OWED = 4 * MAX_UNREAD;

export interface ConnectionEvents {
  respond(query: Uint8Array, client: Client): Reply;
  /** A query came: the connection is not idle. */
  active(connection: TcpConnection): void;
  closed(connection: TcpConnection): void;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #frames = new Frames();
  readonly #client: Client;
  #inFlight = 0;
  #ended = false;
  #deadline: number;
  #unreadSince: number | undefined;
  #timer: Timer;

  constructor(socket: Socket, clock: Clock, events: ConnectionEvents) {
    this.#socket = socket;
    this.#client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#clock = clock;
    this.#events = events;
    this.#deadline = clock.monotonic() + FIRST_QUERY_MS;
    this.#timer = this.#watch();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk);
      this.#work();
    });
    // A client may close its side behind its last query: the replies are still owed.
    socket.on('end', () => {
      this.#ended = true;
      this.#endIfDone();
    });
    socket.on('drain', () => {
      this.#unreadSince = undefined;
      this.#work();
    });
    // A reset is the client's affair; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#timer.cancel();
      events.closed(this);
    });
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #work(): void {
    while (this.#mayRead()) {
      const query = this.#frames.next();
      if (query === undefined) {
        if ((this.#frames.announced ?? 0) > MAX_QUERY) this.destroy();
        break;
      }
      this.#deadline = this.#clock.monotonic() + IDLE_MS;
      this.#events.active(this);
      const reply = this.#events.respond(query, this.#client);
      if (reply instanceof Promise) this.#await(reply);
      else this.#send(reply);
    }
    // Unread octets stop the client through TCP's own window.
    if (this.#mayRead()) this.#socket.resume();
    else this.#socket.pause();
    this.#endIfDone();
  }

  #mayRead(): boolean {
    const { destroyed, writableLength } = this.#socket;
    return !destroyed && this.#inFlight < MAX_IN_FLIGHT && writableLength < MAX_UNREAD;
  }

  #await(reply: Promise<Uint8Array | undefined>): void {
    this.#inFlight++;
    void reply.then((message) => {
      this.#inFlight--;
      this.#deadline = this.#clock.monotonic() + IDLE_MS;
      this.#send(message);
      this.#work();
    });
  }

  #send(message: Uint8Array | undefined): void {
    if (message === undefined || this.#socket.destroyed) return;
    if (this.#socket.writableLength > MAX_OWED) return this.destroy();
    if (!this.#socket.write(frame(message))) this.#unreadSince ??= this.#clock.monotonic();
  }

  #endIfDone(): void {
    if (this.#ended && this.#inFlight === 0 && this.#mayRead()) this.#socket.end();
  }

  /** One timer for all limits: it looks at the clock when it fires, so that a query need not move it. */
  #watch(): Timer {
    return this.#clock.after(this.#deadline - this.#clock.monotonic(), () => this.#check());
  }

  #check(): void {
    const now = this.#clock.monotonic();
    const stuck = this.#unreadSince !== undefined && now - this.#unreadSince >= WRITE_MS;
    if (stuck || (this.#inFlight === 0 && now >= this.#deadline)) {
      this.destroy();
      return;
    }
    if (now >= this.#deadline) this.#deadline = now + IDLE_MS;
    this.#timer = this.#clock.after(Math.min(this.#deadline - now, WRITE_MS), () => this.#check());
  }
}
