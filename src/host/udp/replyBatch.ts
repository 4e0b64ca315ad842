/** Replies to one batch of packets, each written where the system will read it, and sent with one call. */
import { BATCH } from './inbox.ts';
import { JoinedMessages } from './joinedMessages.ts';
import { Messages } from './messages.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, type Mmsg } from './mmsg.ts';
import { SOCKADDR_WORDS, sockaddrBytes } from './sockaddr.ts';

/** Octets between two replies: the largest that UDP clients are given, and some so that all do not share cache lines. */
const STRIDE = 4096 + 64;

const NOWHERE = new Uint8Array(0);
const GIVEN_UP = -1;
/** EIO and EINVAL, as udp_send_skb in Linux gives them. */
const REFUSALS: ReadonlySet<number> = new Set([5, 22]);

/** A socket that replies leave by. */
export interface Way {
  readonly fd: number;
  /** Whether replies to the same client may be joined; set to false where the system refuses such. */
  joins: boolean;
}

export class ReplyBatch {
  readonly #mmsg: Mmsg;
  readonly #messages: Messages;
  readonly #joined: JoinedMessages;
  readonly #places: Uint8Array[] = [];
  /** Waits a little for room at a socket; false gives up what is left, as a network would. */
  readonly #writable: (fd: number) => boolean;
  #count = 0;

  /** @param joinedFrom from how many on replies to one client are joined, where that can be */
  constructor(mmsg: Mmsg, family: number, joinedFrom: number, writable: (fd: number) => boolean) {
    this.#mmsg = mmsg;
    this.#writable = writable;
    this.#messages = new Messages(mmsg, BATCH, BATCH * STRIDE, sockaddrBytes(family));
    this.#joined = new JoinedMessages(mmsg, this.#messages, family, joinedFrom);
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
    this.#messages.vector.resize(this.#count, length);
    this.#count++;
  }

  /** Sends all, and is empty again. */
  flush(way: Way): void {
    const count = this.#count;
    this.#count = 0;
    if (way.joins && count > 1) this.#sendJoined(way, this.#joined.arrange(count));
    else this.#send(way.fd, 0, count);
  }

  /** False where there was no room for all. An error is of one packet alone. */
  #send(fd: number, first: number, end: number): boolean {
    for (let sent = first; sent < end; ) {
      const now = this.#call(fd, this.#messages.vector.from(sent), end - sent);
      if (now === GIVEN_UP) return false;
      sent += Math.max(1, now);
    }
    return true;
  }

  #sendJoined(way: Way, count: number): void {
    for (let sent = 0; sent < count; ) {
      const now = this.#call(way.fd, this.#joined.from(sent), count - sent);
      if (now === GIVEN_UP) return;
      sent += Math.max(1, now);
      if (now > 0) continue;
      const members = this.#joined.membersOf(sent - 1);
      if (members.length === 1) continue;
      // It takes no such packets to this client: the way there is through IPsec, or narrower than any should be.
      if (REFUSALS.has(this.#mmsg.errno())) way.joins = false;
      for (const member of members) if (!this.#send(way.fd, member, member + 1)) return;
    }
  }

  /** How many messages went; 0 where the first one cannot go, or `GIVEN_UP`. */
  #call(fd: number, vector: bigint, count: number): number {
    for (;;) {
      const sent = this.#mmsg.sendmmsg(fd, vector, count, MSG_DONTWAIT);
      if (sent > 0) return sent;
      const errno = this.#mmsg.errno();
      if (errno === EINTR) continue;
      if (errno !== EAGAIN) return 0;
      if (!this.#writable(fd)) return GIVEN_UP;
    }
  }
}
