/** One connection for many questions at once, their replies in any order (RFC 7766 section 6.2.1.1). */
import type { Socket } from 'node:net';
import { Frames, frame } from '../../wire/frames.ts';
import { putU16, u16 } from '../../wire/layout.ts';
import type { Outcome } from './upstreamConnection.ts';

const CLOSED = 'connection closed without a reply';
/** IDs are 16 bits, and a free one has to be found quickly. */
const MAX_WAITING = 10_000;

interface Waiting {
  /** That the question came with: on the connection it has another one, so that no two are the same. */
  readonly id: number;
  readonly resolve: (outcome: Outcome) => void;
}

export interface PipelinedEvents {
  /** Nobody waits any more. */
  onIdle(connection: PipelinedConnection): void;
  /** Told once, whoever closes it. */
  onClose(connection: PipelinedConnection): void;
}

export class PipelinedConnection {
  readonly #socket: Socket;
  readonly #events: PipelinedEvents;
  readonly #frames = new Frames();
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #heard = 0;
  #reason = CLOSED;
  #open = true;

  constructor(socket: Socket, events: PipelinedEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#closed());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  get open(): boolean {
    return this.#open && this.#waiting.size < MAX_WAITING;
  }

  /** Replies so far: one that hears none while another waits has gone silent. */
  get heard(): number {
    return this.#heard;
  }

  /** Never rejects. `onAsked` is given what gives the question up. */
  ask(message: Uint8Array, onAsked: (giveUp: (reason: string) => void) => void): Promise<Outcome> {
    return new Promise((resolve) => {
      if (!this.#open) return resolve(this.#reason);
      const id = this.#freeId();
      const copy = message.slice();
      putU16(copy, 0, id);
      this.#waiting.set(id, { id: u16(message, 0), resolve });
      onAsked((reason) => this.#finish(id, reason));
      this.#socket.ref();
      this.#socket.write(frame(copy));
      return undefined;
    });
  }

  close(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
    this.#closed();
  }

  /** While it idles it must not keep the process alive. */
  unref(): void {
    this.#socket.unref();
  }

  #read(chunk: Buffer): void {
    this.#frames.push(chunk);
    for (let reply = this.#frames.next(); reply !== undefined; reply = this.#frames.next()) {
      if (reply.length < 2) continue;
      const id = u16(reply, 0);
      const waiting = this.#waiting.get(id);
      // One that came too late: nobody waits for it.
      if (waiting === undefined) continue;
      this.#heard += 1;
      const own = reply.slice();
      putU16(own, 0, waiting.id);
      this.#finish(id, own);
    }
  }

  #finish(id: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve(outcome);
    if (this.#open && this.#waiting.size === 0) this.#events.onIdle(this);
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#events.onClose(this);
    for (const id of this.#waiting.keys()) this.#finish(id, this.#reason);
  }

  #freeId(): number {
    do this.#nextId = (this.#nextId + 1) & 0xffff;
    while (this.#waiting.has(this.#nextId));
    return this.#nextId;
  }
}
