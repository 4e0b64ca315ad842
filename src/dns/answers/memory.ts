/**
 * Ready answers by question, in flat shared memory: an open-addressing table of offsets into one array of records, each
 * beside its question's hash, so that a look-up on its way to one record does not have to wait for memory of others. The
 * garbage collector sees a few objects, whatever the number of names, and a look-up allocates nothing.
 *
 * A record, in words of 32 bits: hash, epoch, owner, key and stride and flags (16, 8, 8 bits), record counts (16 bits
 * each), octets of the body, rcode and octets of the error (16 bits each), the record that was kept before it for the
 * same owner, or 0; then the key, the body and the error, each padded. It is written whole before its slot is, and
 * never again: who finds it reads all of it, on any thread.
 *
 * Readers' loads are plain, as `Atomics.load` is a call into the engine, and several to a packet were a fifteenth of all
 * its time. A word is never torn, and where in a record to look depends on the slot, so processors keep that order too.
 * A hash that a reader does not see yet is an answer that it does not find yet.
 */
import type { Ready } from './ready.ts';
import type { SharedState, ShelfNumber } from './sharedState.ts';

const HEAD_WORDS = 8;
/** Questions that are warmed up for at once. */
const MOST_WARMED = 64;
const WHOLE = 1;
const SPELLED = 2;

/** What answers are kept under. */
export interface Key {
  readonly hash: number;
  readonly key: Uint8Array;
  readonly keyLength: number;
}

/** One memory as another thread is told of it. */
export interface MemoryShape {
  readonly shelf: ShelfNumber;
  readonly buffer: SharedArrayBuffer;
  /** A power of two; so many pairs of words at the beginning are slots. */
  readonly slots: number;
}

/** One block of memory; whoever outgrows it moves to another (`shelf.ts`). */
export class AnswerMemory {
  readonly shape: MemoryShape;
  /** Word index of each record, and its hash; 0 is a free slot, so that no record begins at 0. */
  readonly #slots: Uint32Array;
  readonly words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #warmed = new Uint32Array(MOST_WARMED);

  constructor(shape: MemoryShape) {
    this.shape = shape;
    this.#slots = new Uint32Array(shape.buffer, 0, 2 * shape.slots);
    this.words = new Uint32Array(shape.buffer, 8 * shape.slots);
    this.#bytes = new Uint8Array(shape.buffer, 8 * shape.slots);
  }

  static ofSize(shelf: ShelfNumber, slots: number, words: number): AnswerMemory {
    return new AnswerMemory({ shelf, buffer: new SharedArrayBuffer(8 * slots + 4 * words), slots });
  }

  /** Points `into` at the answer to a question; false when there is none, or it no longer holds. */
  find(key: Key, state: SharedState, into: Ready): boolean {
    const at = this.recordIn(this.slotOf(key));
    if (at === 0 || !this.holds(at, state)) return false;
    const { words } = this;
    const shape = words[at + 3] ?? 0;
    const counts = words[at + 4] ?? 0;
    const said = words[at + 6] ?? 0;
    into.bytes = this.#bytes;
    into.start = 4 * (at + HEAD_WORDS + wordsOf(shape >>> 16));
    into.length = words[at + 5] ?? 0;
    into.stride = (shape >>> 8) & 0xff;
    into.whole = (shape & WHOLE) !== 0;
    into.spelled = (shape & SPELLED) !== 0;
    into.answers = counts >>> 16;
    into.additional = counts & 0xffff;
    into.rcode = said >>> 16;
    into.errorBytes = this.#bytes;
    into.errorAt = into.start + 4 * wordsOf(into.length);
    into.errorLength = said & 0xffff;
    return true;
  }

  /**
   * Writes a record at word `at`, where there is room, and in front of record `before` of its owner. It is not found
   * before its slot says so.
   */
  write(at: number, key: Key, owner: number, epoch: number, ready: Ready, before: number): void {
    const flags = (ready.whole ? WHOLE : 0) | (ready.spelled ? SPELLED : 0);
    const { words } = this;
    words[at] = key.hash;
    words[at + 1] = epoch;
    words[at + 2] = owner;
    words[at + 3] = (key.keyLength << 16) | (ready.stride << 8) | flags;
    words[at + 4] = (ready.answers << 16) | ready.additional;
    words[at + 5] = ready.length;
    words[at + 6] = (ready.rcode << 16) | ready.errorLength;
    words[at + 7] = before;
    const keyAt = 4 * (at + HEAD_WORDS);
    this.#bytes.set(key.key.subarray(0, key.keyLength), keyAt);
    const body = keyAt + 4 * wordsOf(key.keyLength);
    this.#bytes.set(ready.bytes.subarray(ready.start, ready.start + ready.length), body);
    const error = body + 4 * wordsOf(ready.length);
    this.#bytes.set(ready.errorBytes.subarray(ready.errorAt, ready.errorAt + ready.errorLength), error);
  }

  holds(at: number, state: SharedState): boolean {
    return this.words[at + 1] === state.epochOf(this.words[at + 2] ?? 0);
  }

  /** A copy of the key of the record there. */
  keyAt(at: number): Uint8Array {
    const start = 4 * (at + HEAD_WORDS);
    return this.#bytes.slice(start, start + ((this.words[at + 3] ?? 0) >>> 16));
  }

  hashAt(at: number): number {
    return this.words[at] ?? 0;
  }

  ownerAt(at: number): number {
    return this.words[at + 2] ?? 0;
  }

  /** The record that was kept before it for the same owner; 0 is none. */
  beforeAt(at: number): number {
    return this.words[at + 7] ?? 0;
  }

  /** Puts a record that no reader can find yet in front of another one of its owner. */
  setBefore(at: number, before: number): void {
    this.words[at + 7] = before;
  }

  /** Words of the record there. */
  sizeAt(at: number): number {
    const said = this.words[at + 6] ?? 0;
    return sizeOf((this.words[at + 3] ?? 0) >>> 16, this.words[at + 5] ?? 0, said & 0xffff);
  }

  /** The slot of a question, or the free one where it would go. */
  slotOf(key: Key): number {
    const mask = this.shape.slots - 1;
    let slot = key.hash & mask;
    for (;;) {
      const at = this.recordIn(slot);
      if (at === 0 || (this.#slots[2 * slot + 1] === key.hash && this.#sameKey(at, key))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** A free slot for a question that has none. */
  freeSlotFor(hash: number): number {
    const mask = this.shape.slots - 1;
    let slot = hash & mask;
    while (this.recordIn(slot) !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  /** Where the record of a slot begins; 0 is none. */
  recordIn(slot: number): number {
    return this.#slots[2 * slot] ?? 0;
  }

  /** Makes a slot lead to a record. Last of all: whoever finds the slot finds the whole record. */
  lead(slot: number, at: number): void {
    Atomics.store(this.#slots, 2 * slot + 1, this.hashAt(at));
    Atomics.store(this.#slots, 2 * slot, at);
  }

  /** Frees all slots. */
  clear(): void {
    this.#slots.fill(0);
  }

  /**
   * Loads what `find` will look at for the first `count` of some questions. Memory that the processor has to wait for it
   * then waits for all at once, and not for each question again. What it gives means nothing, but that it was loaded.
   */
  warm(keys: readonly Key[], count: number, state: SharedState): number {
    const mask = this.shape.slots - 1;
    const records = this.#warmed;
    for (let i = 0; i < count; i++) records[i] = this.recordIn((keys[i]?.hash ?? 0) & mask);
    let sum = 0;
    // Most records lie in two lines of the cache.
    for (let i = 0; i < count; i++)
      sum ^= (this.words[(records[i] ?? 0) + 2] ?? 0) ^ (this.words[(records[i] ?? 0) + 18] ?? 0);
    for (let i = 0; i < count; i++) sum ^= state.epochOf(this.ownerAt(records[i] ?? 0));
    return sum;
  }

  #sameKey(at: number, key: Key): boolean {
    if ((this.words[at + 3] ?? 0) >>> 16 !== key.keyLength) return false;
    const start = 4 * (at + HEAD_WORDS);
    for (let i = 0; i < key.keyLength; i++) {
      if (this.#bytes[start + i] !== key.key[i]) return false;
    }
    return true;
  }
}

/** Words of a record with parts of so many octets. */
export function sizeOf(key: number, body: number, error: number): number {
  return HEAD_WORDS + wordsOf(key) + wordsOf(body) + wordsOf(error);
}

function wordsOf(octets: number): number {
  return (octets + 3) >>> 2;
}
