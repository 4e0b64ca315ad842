/**
 * An array of struct mmsghdr as recvmmsg and sendmmsg take it, and the struct iovec that its messages are made of,
 * one after the other.
 *
 * The kernel is told where each part lies. V8 never moves it, but would free it: whoever holds an address of it must
 * hold this object too, and all that its messages point to.
 */
import type { Mmsg } from './mmsg.ts';

/** Of struct mmsghdr, struct iovec, in 32-bit words, where pointers have 64 bits. */
const HEADER_WORDS = 16;
const PIECE_WORDS = 4;
/** Words of mmsghdr: msg_name, msg_namelen, msg_iov, msg_iovlen, msg_control, msg_controllen, msg_len. */
const AT = {
  name: 0,
  nameLength: 2,
  pieces: 4,
  pieceCount: 6,
  control: 8,
  controlLength: 10,
  moved: 14,
} as const;
/** Smaller views may lie in V8's heap, where the collector moves them. */
const OUTSIDE_HEAP = 4096;

export class MessageVector {
  readonly #headers: Uint32Array;
  readonly #pieces: Uint32Array;
  readonly #address: bigint;
  readonly #piecesAt: number;

  /** So many messages, of as many pieces all together. */
  constructor(mmsg: Mmsg, capacity: number) {
    this.#headers = outsideHeap(capacity * HEADER_WORDS);
    this.#pieces = outsideHeap(capacity * PIECE_WORDS);
    this.#address = mmsg.addressOf(this.#headers);
    this.#piecesAt = Number(mmsg.addressOf(this.#pieces));
  }

  /** Where message `index` is, and those behind it. */
  from(index: number): bigint {
    return index === 0 ? this.#address : this.#address + BigInt(4 * HEADER_WORDS * index);
  }

  /** Whose address message `index` bears, so many octets at `pointer`. */
  setName(index: number, pointer: number, octets: number): void {
    putPointer(this.#headers, index * HEADER_WORDS + AT.name, pointer);
    this.#headers[index * HEADER_WORDS + AT.nameLength] = octets;
  }

  setPieces(index: number, first: number, count: number): void {
    putPointer(this.#headers, index * HEADER_WORDS + AT.pieces, this.#piecesAt + 4 * PIECE_WORDS * first);
    this.#headers[index * HEADER_WORDS + AT.pieceCount] = count;
  }

  setControl(index: number, pointer: number, octets: number): void {
    putPointer(this.#headers, index * HEADER_WORDS + AT.control, pointer);
    this.#headers[index * HEADER_WORDS + AT.controlLength] = octets;
  }

  setPiece(piece: number, pointer: number, octets: number): void {
    putPointer(this.#pieces, piece * PIECE_WORDS, pointer);
    this.resize(piece, octets);
  }

  /** As `setPiece`, where only the length differs from before. */
  resize(piece: number, octets: number): void {
    this.#pieces[piece * PIECE_WORDS + 2] = octets;
  }

  lengthOf(piece: number): number {
    return this.#pieces[piece * PIECE_WORDS + 2] ?? 0;
  }

  /** Makes `piece` the same octets as one of `other`. */
  copyPiece(piece: number, other: MessageVector, from: number): void {
    for (let word = 0; word < PIECE_WORDS; word++) {
      this.#pieces[piece * PIECE_WORDS + word] = other.#pieces[from * PIECE_WORDS + word] ?? 0;
    }
  }

  /** Octets of message `index` that the system call moved. */
  moved(index: number): number {
    return this.#headers[index * HEADER_WORDS + AT.moved] ?? 0;
  }
}

/** Memory that stays where it is, for the kernel to be told of. */
export function outsideHeap(words: number): Uint32Array {
  return new Uint32Array(Math.max(words, OUTSIDE_HEAP / 4));
}

/** An address of a process has 47 or at most 56 bits, so that a number holds those that are ever given out. */
function putPointer(words: Uint32Array, at: number, pointer: number): void {
  words[at] = pointer % 0x1_0000_0000;
  words[at + 1] = Math.floor(pointer / 0x1_0000_0000);
}
