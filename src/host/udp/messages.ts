/**
 * Memory of a batch of packets, laid out for recvmmsg and sendmmsg: an array of struct mmsghdr, the struct iovec
 * that each points to, and the addresses and octets that those point to.
 *
 * The kernel is told where each part lies, once. V8 never moves it, but would free it: whoever holds the vector's
 * address must hold this object.
 */
import type { Mmsg } from './mmsg.ts';
import { SOCKADDR_WORDS } from './sockaddr.ts';

/** Of struct mmsghdr, struct iovec, in 32-bit words, where pointers have 64 bits. */
const HEADER_WORDS = 16;
const IOVEC_WORDS = 4;
/** Words of mmsghdr: msg_name, msg_namelen, msg_iov, msg_iovlen, msg_len. */
const AT = { name: 0, nameLength: 2, iovec: 4, iovecs: 6, length: 14 } as const;
/** Smaller views may lie in V8's heap, where the collector moves them. */
const OUTSIDE_HEAP = 4096;

export class Messages {
  readonly capacity: number;
  /** One address a message, `SOCKADDR_WORDS` apart. */
  readonly names: Uint32Array;
  readonly octets: Uint8Array;
  /** Of the array of mmsghdr. */
  readonly vector: bigint;
  readonly #headers: Uint32Array;
  readonly #iovecs: Uint32Array;
  readonly #octetsAt: number;

  constructor(mmsg: Mmsg, capacity: number, octets: number, nameBytes: number) {
    this.capacity = capacity;
    this.names = outsideHeap(capacity * SOCKADDR_WORDS);
    this.octets = new Uint8Array(Math.max(octets, OUTSIDE_HEAP));
    this.#headers = outsideHeap(capacity * HEADER_WORDS);
    this.#iovecs = outsideHeap(capacity * IOVEC_WORDS);
    this.vector = mmsg.addressOf(this.#headers);
    this.#octetsAt = Number(mmsg.addressOf(this.octets));
    const names = Number(mmsg.addressOf(this.names));
    const iovecs = Number(mmsg.addressOf(this.#iovecs));
    for (let i = 0; i < capacity; i++) {
      const at = i * HEADER_WORDS;
      putPointer(this.#headers, at + AT.name, names + 4 * SOCKADDR_WORDS * i);
      this.#headers[at + AT.nameLength] = nameBytes;
      putPointer(this.#headers, at + AT.iovec, iovecs + 4 * IOVEC_WORDS * i);
      this.#headers[at + AT.iovecs] = 1;
    }
  }

  /** Says which octets message `index` is made of. */
  place(index: number, start: number, length: number): void {
    const at = index * IOVEC_WORDS;
    putPointer(this.#iovecs, at, this.#octetsAt + start);
    this.#iovecs[at + 2] = length;
  }

  /** As `place`, where only the length differs from before. */
  resize(index: number, length: number): void {
    this.#iovecs[index * IOVEC_WORDS + 2] = length;
  }

  /** Octets that the system call moved. */
  moved(index: number): number {
    return this.#headers[index * HEADER_WORDS + AT.length] ?? 0;
  }

  /** The vector from message `index` on. */
  from(index: number): bigint {
    return index === 0 ? this.vector : this.vector + BigInt(4 * HEADER_WORDS * index);
  }
}

function outsideHeap(words: number): Uint32Array {
  return new Uint32Array(Math.max(words, OUTSIDE_HEAP / 4));
}

/** An address of a process has 47 or at most 56 bits, so that a number holds those that are ever given out. */
function putPointer(words: Uint32Array, at: number, pointer: number): void {
  words[at] = pointer % 0x1_0000_0000;
  words[at + 1] = Math.floor(pointer / 0x1_0000_0000);
}
