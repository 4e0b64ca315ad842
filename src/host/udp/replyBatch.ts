/** Replies to one batch of packets, each written where the system will read it, and sent with one call. */
import { BATCH } from './inbox.ts';
import { Messages } from './messages.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, type Mmsg } from './mmsg.ts';
import { SOCKADDR_WORDS, sockaddrBytes } from './sockaddr.ts';

/** Octets between two replies: the largest that UDP clients are given, and some so that all do not share cache lines. */
const STRIDE = 4096 + 64;

const NOWHERE = new Uint8Array(0);

export class ReplyBatch {
  readonly #mmsg: Mmsg;
  readonly #messages: Messages;
  readonly #places: Uint8Array[] = [];
  #count = 0;

  constructor(mmsg: Mmsg, family: number) {
    this.#mmsg = mmsg;
    this.#messages = new Messages(mmsg, BATCH, BATCH * STRIDE, sockaddrBytes(family));
    const { octets } = this.#messages;
    for (let i = 0; i < BATCH; i++) {
      this.#places.push(new Uint8Array(octets.buffer, i * STRIDE, STRIDE));
      this.#messages.place(i, i * STRIDE, 0);
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Where the next reply goes, and where those before it are. */
  place(index: number): Uint8Array {
    return this.#places[index] ?? NOWHERE;
  }

  /** What was written to the next place is a reply of so many octets to the address at word `at` of `names`. */
  add(length: number, names: Uint32Array, at: number): void {
    const to = this.#count * SOCKADDR_WORDS;
    for (let word = 0; word < SOCKADDR_WORDS; word++) this.#messages.names[to + word] = names[at + word] ?? 0;
    this.#messages.resize(this.#count, length);
    this.#count++;
  }

  /** Sends all, and is empty again. `writable` waits a little for room; false gives the rest up, as a network would. */
  flush(fd: number, writable: () => boolean): void {
    const count = this.#count;
    this.#count = 0;
    for (let sent = 0; sent < count; ) {
      const now = this.#mmsg.sendmmsg(fd, this.#messages.from(sent), count - sent, MSG_DONTWAIT);
      if (now > 0) {
        sent += now;
        continue;
      }
      const errno = this.#mmsg.errno();
      if (errno === EINTR) continue;
      if (errno === EAGAIN && !writable()) return;
      // Any other error is of this one packet alone.
      if (errno !== EAGAIN) sent++;
    }
  }
}
