/**
 * Octets on their way from one socket to another. Many of them are spliced through a pipe: the kernel hands pages on,
 * and nothing is copied. Few are copied, which takes less than pages do. Back-pressure is what neither takes: it stays
 * in the sender's socket.
 */
import type { Pipe, Pipes } from './pipes.ts';
import type { TcpCalls } from './tcpCalls.ts';

const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EBADF = 9;
const EAGAIN = 11;

/** Asked for at once: more than any pipe holds. */
const CHUNK = 1 << 20;
/** Octets that one stream may move before the others have their turn: some 0.5 ms. */
const TURN = 4 << 20;
/** What fills that at once is a stream to be spliced. */
const COPIED = 16 << 10;

/** `ended` by its sender, and all that came passed on. */
export type Progress = 'waiting' | 'unfinished' | 'ended' | 'unreadable' | 'unwritable';

/** What streams of a thread have in common. */
export class StreamHost {
  readonly calls: TcpCalls;
  readonly pipes: Pipes;
  /** Of the stream whose turn it is. */
  readonly copied: Uint8Array = new Uint8Array(COPIED);

  constructor(calls: TcpCalls, pipes: Pipes) {
    this.calls = calls;
    this.pipes = pipes;
  }
}

export class Stream {
  /** Octets that left the one socket, and that went into the other. */
  read = 0;
  sent = 0;
  /** As the kernel told last: there may be something to read, there may be room. */
  readable = false;
  writable = true;
  /** The sender will send no more: there is an end, or an error, behind what can be read. */
  ending = false;
  /** The sender's end was read. */
  ended = false;
  readonly #host: StreamHost;
  #many = false;
  /** With octets in it, or to be filled in this turn. */
  #pipe: Pipe | undefined;
  /** Copied, and not taken yet by the reader. */
  #rest: Uint8Array | undefined;

  constructor(host: StreamHost) {
    this.#host = host;
  }

  /** Moves what can be moved now. */
  move(from: number, to: number): Progress {
    const stop = this.sent + TURN;
    for (;;) {
      if (this.read > this.sent) {
        if (!this.writable) return 'waiting';
        if (!this.#send(to)) return 'unwritable';
        continue;
      }
      if (this.ended || !this.readable || this.sent >= stop) break;
      if (this.#many) this.#pipe ??= this.#host.pipes.take();
      const count = this.#pipe === undefined ? this.#copy(from) : this.#fill(from, this.#pipe);
      if (count === 0) this.ended = true;
      else if (count > 0) this.read += count;
      else if (this.#host.calls.errno() === EAGAIN) this.readable = false;
      else return 'unreadable';
    }
    // Empty: somebody else may use it.
    if (this.#pipe !== undefined) this.#host.pipes.give(this.#pipe);
    this.#pipe = undefined;
    if (this.ended) return 'ended';
    return this.readable ? 'unfinished' : 'waiting';
  }

  /** Lets go of what is held. */
  drop(): void {
    if (this.#pipe !== undefined) this.#host.pipes.discard(this.#pipe);
    this.#pipe = undefined;
    this.#rest = undefined;
  }

  #fill(from: number, { write }: Pipe): number {
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    const count = this.#host.calls.splice(from, null, write, null, CHUNK, flags);
    if (count > 0) this.#many = count >= COPIED;
    return count;
  }

  #copy(from: number): number {
    const { calls, copied } = this.#host;
    const count = calls.recv(from, copied, COPIED, MSG_DONTWAIT);
    this.#many = count === COPIED;
    // All that there was: what comes later is told anew. But what was told already, the end, is not.
    if (count < COPIED && !this.ending) this.readable = false;
    if (count > 0) this.#rest = copied;
    return count;
  }

  /** Sends what is held; false where that can never be. */
  #send(to: number): boolean {
    const { calls, copied } = this.#host;
    const held = this.read - this.sent;
    const rest = this.#rest;
    const count =
      rest === undefined
        ? calls.splice(this.#pipe?.read ?? -1, null, to, null, held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)
        : calls.send(to, rest, held, MSG_NOSIGNAL | MSG_DONTWAIT);
    const failed = count < 0 && calls.errno() !== EAGAIN;
    if (count > 0) this.sent += count;
    this.writable = count > 0;
    if (rest === undefined) return !failed;
    if (count === held) this.#rest = undefined;
    // The memory that all copy to is the next one's.
    else if (count > 0 || rest === copied) this.#rest = rest.slice(Math.max(count, 0), held);
    return !failed;
  }
}

/** Whether the system lets us: sandboxes forbid what their authors did not think of. */
export function canSplice(calls: TcpCalls): boolean {
  calls.splice(-1, null, -1, null, 1, SPLICE_F_NONBLOCK);
  return calls.errno() === EBADF;
}
