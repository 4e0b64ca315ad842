/**
 * What every thread that answers must agree on, in words of shared memory: which kept answers hold, and where they
 * lie. The main thread alone writes, but for one word of each reader.
 *
 * Kept answers carry the number and the epoch of what they were made from, a Service or an address or a namespace.
 * Numbers are hashes: two things may share one, and then a change of either voids the answers of both, which are soon
 * made again. For that the memory is the same whatever is asked, and needs no second copy when it grows.
 */
/** Numbers that owners have: epochs are kept for each. */
export const EPOCHS = 16_384;
const HEAD_WORDS = 128;
const AT = { version: 0, serial: 1, held: 2, forwards: 3, memories: 4, readers: 8 } as const;
/** Of the table's three shelves: answers, denials, and hot replies of others. */
export type ShelfNumber = 0 | 1 | 2;

const SHELVES: readonly ShelfNumber[] = [0, 1, 2];

/** Threads that may read beside the main one. */
export const MAX_READERS: number = (HEAD_WORDS - AT.readers) / SHELVES.length;

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;

  /** Another thread's is made from the `buffer` of the first. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * (HEAD_WORDS + EPOCHS))) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
  }

  /** False while a change becomes visible: for some microseconds nobody but the main thread can tell what holds. */
  get settled(): boolean {
    return (this.#at(AT.version) & 1) === 0;
  }

  /** Serial of the zone: seconds since the epoch of the last change that shows in DNS. */
  get serial(): number {
    return this.#at(AT.serial);
  }

  /** Makes all that `work` changes visible at one instant. */
  change(work: () => void): void {
    Atomics.add(this.#words, AT.version, 1);
    try {
      work();
    } finally {
      Atomics.add(this.#words, AT.version, 1);
    }
  }

  setSerial(serial: number): void {
    Atomics.store(this.#words, AT.serial, serial);
  }

  numberOf(key: string): number {
    let hash = FNV_BASIS;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME);
    // The low bits of FNV-1a alone differ too little between keys that end alike.
    return ((hash >>> 16) ^ hash) & (EPOCHS - 1);
  }

  epochOf(number: number): number {
    return this.#at(HEAD_WORDS + number);
  }

  /** Voids all that was kept for it. */
  bump(key: string): void {
    Atomics.add(this.#words, HEAD_WORDS + this.numberOf(key), 1);
  }

  bumpAll(): void {
    for (let number = 0; number < EPOCHS; number++) Atomics.add(this.#words, HEAD_WORDS + number, 1);
  }

  /** The memory that a shelf is in now, as its owner numbered it; never 0. */
  memory(shelf: ShelfNumber): number {
    return Atomics.load(this.#words, AT.memories + shelf);
  }

  setMemory(shelf: ShelfNumber, memory: number): void {
    Atomics.store(this.#words, AT.memories + shelf, memory);
  }

  /** Whether only the main thread may answer names of a domain, as it alone knows all that there is to say. */
  isHeld(domain: number): boolean {
    return ((this.#at(AT.held) >>> domain) & 1) === 1;
  }

  setHeld(domains: readonly number[]): void {
    const bits = domains.reduce((sum, domain) => sum | (1 << domain), 0);
    Atomics.store(this.#words, AT.held, bits);
  }

  /** Whether others are asked for any name: clients are told that recursion is available. */
  get forwards(): boolean {
    return this.#at(AT.forwards) === 1;
  }

  setForwards(forwards: boolean): void {
    Atomics.store(this.#words, AT.forwards, forwards ? 1 : 0);
  }

  /** Which memory of a shelf a reader is in; 0 is none. */
  readerIn(shelf: ShelfNumber, reader: number): number {
    return Atomics.load(this.#words, AT.readers + MAX_READERS * shelf + reader);
  }

  setReader(shelf: ShelfNumber, reader: number, memory: number): void {
    Atomics.store(this.#words, AT.readers + MAX_READERS * shelf + reader, memory);
  }

  /** A reader is in no memory. */
  dismiss(reader: number): void {
    for (const shelf of SHELVES) this.setReader(shelf, reader, 0);
  }

  /**
   * A plain load, see `AnswerMemory`: that a reader sees what was true when its packets came is the doing of the atomic
   * operations with which it enters a memory, after it has them.
   */
  #at(word: number): number {
    return this.#words[word] ?? 0;
  }
}
