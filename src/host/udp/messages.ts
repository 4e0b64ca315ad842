/** Memory of a batch of packets for recvmmsg and sendmmsg: their addresses and octets, and the vector that says where. */
import type { Mmsg } from './mmsg.ts';
import { SOCKADDR_WORDS } from './sockaddr.ts';
import { MessageVector, outsideHeap } from './vector.ts';

export class Messages {
  readonly capacity: number;
  /** One address a message, `SOCKADDR_WORDS` apart. */
  readonly names: Uint32Array;
  readonly octets: Uint8Array;
  /** Message `index` is one piece, of the same number. */
  readonly vector: MessageVector;
  /** Octets of each address. */
  readonly nameBytes: number;
  readonly #namesAt: number;
  readonly #octetsAt: number;

  constructor(mmsg: Mmsg, capacity: number, octets: number, nameBytes: number) {
    this.capacity = capacity;
    this.nameBytes = nameBytes;
    this.names = outsideHeap(capacity * SOCKADDR_WORDS);
    const memory = outsideHeap(Math.ceil(octets / 4));
    this.octets = new Uint8Array(memory.buffer, 0, octets);
    this.vector = new MessageVector(mmsg, capacity);
    this.#namesAt = Number(mmsg.addressOf(this.names));
    this.#octetsAt = Number(mmsg.addressOf(memory));
    for (let i = 0; i < capacity; i++) {
      this.vector.setName(i, this.nameAt(i), nameBytes);
      this.vector.setPieces(i, i, 1);
    }
  }

  /** Where the address of message `index` lies. */
  nameAt(index: number): number {
    return this.#namesAt + 4 * SOCKADDR_WORDS * index;
  }

  /** Says which octets message `index` is made of. */
  place(index: number, start: number, length: number): void {
    this.vector.setPiece(index, this.#octetsAt + start, length);
  }
}
