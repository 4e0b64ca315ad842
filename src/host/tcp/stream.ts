/**
 * Octets on their way from one socket to another, spliced through a pipe: the kernel hands pages on, and nothing is
 * copied. Back-pressure is the pipe's: what the reader does not take stays in it, and then in the sender's socket.
 */
import type { Pipe, Pipes } from './pipes.ts';
import type { TcpCalls } from './tcpCalls.ts';

const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const MSG_PEEK = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EBADF = 9;
const EAGAIN = 11;

/** Asked for at once: more than any pipe holds. */
const CHUNK = 1 << 20;
/** Octets that one stream may move before the others have their turn: some 0.5 ms. */
const TURN = 4 << 20;
const COPIED = 64 << 10;

/** `ended` by its sender, and all that came passed on. */
export type Progress = 'waiting' | 'unfinished' | 'ended' | 'unreadable' | 'unwritable';

/** What streams of a thread have in common. */
export class StreamHost {
  readonly calls: TcpCalls;
  readonly pipes: Pipes;
  /** For those that find no pipe. */
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
  /** The sender's end was read. */
  ended = false;
  readonly #host: StreamHost;
  #pipe: Pipe | undefined;

  constructor(host: StreamHost) {
    this.#host = host;
  }

  /** Moves what can be moved now. */
  move(from: number, to: number): Progress {
    const { calls, pipes } = this.#host;
    const stop = this.sent + TURN;
    for (;;) {
      const held = this.read - this.sent;
      if (held > 0) {
        if (!this.writable || this.#pipe === undefined) return 'waiting';
        const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
        const count = calls.splice(this.#pipe.read, null, to, null, held, flags);
        if (count > 0) this.sent += count;
        else if (calls.errno() === EAGAIN) this.writable = false;
        else return 'unwritable';
        continue;
      }
      if (this.ended || !this.readable || this.sent >= stop) break;
      this.#pipe ??= pipes.take();
      if (this.#pipe === undefined) {
        const progress = this.#copy(from, to);
        if (progress !== undefined) return progress;
      } else {
        const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
        const count = calls.splice(from, null, this.#pipe.write, null, CHUNK, flags);
        if (count > 0) this.read += count;
        else if (count === 0) this.ended = true;
        else if (calls.errno() === EAGAIN) this.readable = false;
        else return 'unreadable';
      }
    }
    // Empty: somebody else may use it.
    if (this.#pipe !== undefined) pipes.give(this.#pipe);
    this.#pipe = undefined;
    if (this.ended) return 'ended';
    return this.readable ? 'unfinished' : 'waiting';
  }

  /** Lets go of what is held. */
  drop(): void {
    if (this.#pipe !== undefined) this.#host.pipes.discard(this.#pipe);
    this.#pipe = undefined;
  }

  /** Takes from the one socket what the other one took, and no more: nothing is left to be kept. */
  #copy(from: number, to: number): Progress | undefined {
    const { calls, copied } = this.#host;
    if (!this.writable) return 'waiting';
    const seen = calls.recv(from, copied, COPIED, MSG_PEEK | MSG_DONTWAIT);
    if (seen < 0 && calls.errno() !== EAGAIN) return 'unreadable';
    this.readable = seen >= 0;
    this.ended = seen === 0;
    if (seen <= 0) return undefined;
    const count = calls.send(to, copied, seen, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && calls.errno() !== EAGAIN) return 'unwritable';
    this.writable = count >= 0;
    if (count <= 0) return 'waiting';
    calls.recv(from, null, count, MSG_TRUNC | MSG_DONTWAIT);
    this.read += count;
    this.sent += count;
    return undefined;
  }
}

/** Whether the system lets us: sandboxes forbid what their authors did not think of. */
export function canSplice(calls: TcpCalls): boolean {
  calls.splice(-1, null, -1, null, 1, SPLICE_F_NONBLOCK);
  return calls.errno() === EBADF;
}
