/**
 * Messages to the same address, joined: those of one length, and one that is shorter behind them, go as one packet, which
 * the system carries as one until they part where they are received (UDP_SEGMENT, Linux 4.18). Who asks for many
 * names at once is sent so: what a packet costs on its way is then shared by several.
 */
import type { Messages } from './messages.ts';
import type { Mmsg } from './mmsg.ts';
import { AF_INET, SOCKADDR_WORDS } from './sockaddr.ts';
import { MessageVector, outsideHeap } from './vector.ts';

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** struct cmsghdr (cmsg_len, cmsg_level, cmsg_type) and a uint16_t, with the padding that ends it. */
const CONTROL_WORDS = 6;
const CONTROL = { length: 0, level: 2, type: 3, segment: 4 } as const;
const CMSG_LEN = 18;
/** A message that is longer than its link allows is refused, and all that are joined with it. This much passes any. */
const MAX_SEGMENT = 1232;
/** Of an IP packet, with room for its headers. */
const MAX_OCTETS = 65_000;
/** Twice as many places as there are messages, so that looking for an address ends soon. A power of two. */
const PLACES = 256;

export class JoinedMessages {
  readonly #messages: Messages;
  readonly #fewest: number;
  readonly #vector: MessageVector;
  readonly #controls: Uint32Array;
  readonly #controlsAt: number;
  /** Words of an address in which two can differ. */
  readonly #nameWords: number;
  /** Messages by their address: 1 and the longest of them, or 0. Open addressing. */
  readonly #heads = new Uint8Array(PLACES);
  /** Places in `heads` that are taken, in the order in which they were. */
  readonly #taken: Uint8Array;
  /** Behind each message, 1 and the next longest to the same address, or 0. */
  readonly #next: Uint8Array;
  /** All messages, in the order in which they are joined. */
  readonly #order: Uint8Array;
  /** Where each joined one begins in that order. */
  readonly #starts: Uint8Array;
  #count = 0;
  #placed = 0;

  /** `messages` are at most 64, each of them one piece. Where fewer than `fewest` go to one address, none are joined. */
  constructor(mmsg: Mmsg, messages: Messages, family: number, fewest: number) {
    const { capacity } = messages;
    this.#messages = messages;
    this.#fewest = fewest;
    this.#vector = new MessageVector(mmsg, capacity);
    this.#controls = outsideHeap(capacity * CONTROL_WORDS);
    this.#controlsAt = Number(mmsg.addressOf(this.#controls));
    this.#nameWords = family === AF_INET ? 2 : SOCKADDR_WORDS;
    this.#taken = new Uint8Array(capacity);
    this.#next = new Uint8Array(capacity);
    this.#order = new Uint8Array(capacity);
    this.#starts = new Uint8Array(capacity + 1);
    for (let i = 0; i < capacity; i++) {
      this.#controls[i * CONTROL_WORDS + CONTROL.length] = CMSG_LEN;
      this.#controls[i * CONTROL_WORDS + CONTROL.level] = SOL_UDP;
      this.#controls[i * CONTROL_WORDS + CONTROL.type] = UDP_SEGMENT;
    }
  }

  from(index: number): bigint {
    return this.#vector.from(index);
  }

  /** Joins the first `count` messages. Returns how many that makes. */
  arrange(count: number): number {
    let addresses = 0;
    for (let i = 0; i < count; i++) {
      const place = this.#placeOf(i);
      const head = this.#heads[place] ?? 0;
      if (head === 0) this.#taken[addresses++] = place;
      this.#heads[place] = this.#insert(head, i);
    }
    this.#count = 0;
    this.#placed = 0;
    for (let i = 0; i < addresses; i++) {
      const place = this.#taken[i] ?? 0;
      this.#joinAll(this.#heads[place] ?? 0);
      this.#heads[place] = 0;
    }
    this.#starts[this.#count] = this.#placed;
    return this.#count;
  }

  /** Which messages joined message `index` is made of. */
  membersOf(index: number): Uint8Array {
    return this.#order.subarray(this.#starts[index], this.#starts[index + 1]);
  }

  /** The place of a message's address, or the free one where it goes. */
  #placeOf(index: number): number {
    const { names } = this.#messages;
    const at = index * SOCKADDR_WORDS;
    // Families put the port in the first word; neighbours of one port are told apart by their address.
    const last = at + this.#nameWords - 1;
    let place = Math.imul((names[at] ?? 0) ^ (names[last] ?? 0), 0x9e37_79b1) >>> 24;
    for (;;) {
      const head = this.#heads[place] ?? 0;
      if (head === 0 || this.#sameName(head - 1, index)) return place;
      place = (place + 1) & (PLACES - 1);
    }
  }

  #sameName(a: number, b: number): boolean {
    const { names } = this.#messages;
    for (let word = 0; word < this.#nameWords; word++) {
      if (names[a * SOCKADDR_WORDS + word] !== names[b * SOCKADDR_WORDS + word]) return false;
    }
    return true;
  }

  /** Puts a message among those of its address, longest first. Returns the first of them. */
  #insert(head: number, index: number): number {
    const { vector } = this.#messages;
    const length = vector.lengthOf(index);
    let before = 0;
    let after = head;
    while (after !== 0 && vector.lengthOf(after - 1) >= length) {
      before = after;
      after = this.#next[after - 1] ?? 0;
    }
    this.#next[index] = after;
    if (before === 0) return index + 1;
    this.#next[before - 1] = index + 1;
    return head;
  }

  #joinAll(head: number): void {
    let count = 0;
    for (let one = head; one !== 0 && count < this.#fewest; one = this.#next[one - 1] ?? 0) count++;
    let left = head;
    while (left !== 0) left = this.#join(left, count === this.#fewest);
  }

  /** Puts message `head - 1`, `together` with as many behind it as may be; returns the first that may not. */
  #join(head: number, together: boolean): number {
    const { vector } = this.#messages;
    const length = vector.lengthOf(head - 1);
    const first = this.#placed;
    let next = this.#put(head);
    const most = together && length <= MAX_SEGMENT ? MAX_OCTETS - length : 0;
    let octets = length;
    while (next !== 0 && octets <= most) {
      const more = vector.lengthOf(next - 1);
      next = this.#put(next);
      octets += more;
      // Only the last one may be shorter.
      if (more < length) break;
    }
    this.#finish(head - 1, first, length);
    return next;
  }

  /** Returns what is behind it. */
  #put(message: number): number {
    this.#vector.copyPiece(this.#placed, this.#messages.vector, message - 1);
    this.#order[this.#placed++] = message - 1;
    return this.#next[message - 1] ?? 0;
  }

  #finish(message: number, first: number, length: number): void {
    const index = this.#count++;
    const joined = this.#placed - first;
    const control = index * CONTROL_WORDS;
    this.#controls[control + CONTROL.segment] = length;
    this.#vector.setName(index, this.#messages.nameAt(message), this.#messages.nameBytes);
    this.#vector.setPieces(index, first, joined);
    this.#vector.setControl(index, this.#controlsAt + 4 * control, joined > 1 ? 4 * CONTROL_WORDS : 0);
    this.#starts[index] = first;
  }
}

/** Whether the system can send joined messages through this socket. */
export function canJoin(mmsg: Mmsg, fd: number): boolean {
  // An older one would not know the control message, and send all as one: 0 says that nothing is to be parted.
  return mmsg.setsockopt(fd, SOL_UDP, UDP_SEGMENT, Int32Array.of(0), 4) === 0;
}
