/**
 * Ready answers by question, in flat memory: an open-addressing table of offsets into one array of records. The
 * garbage collector sees three objects, whatever the number of names, and a look-up allocates nothing.
 *
 * A record, in words of 32 bits: hash, epoch, owner, key and stride and flags (8 bits each), record counts
 * (16 bits each), octets of the body; then the key, padded, and the body, padded.
 */
import type { Query } from '../wire/query.ts';
import type { Epochs } from './epochs.ts';
import type { Ready } from './ready.ts';

const HEAD_WORDS = 6;
const WHOLE = 1;
const SPELLED = 2;
const MIN_SLOTS = 1024;
const MIN_WORDS = 16_384;

/** What answers are kept under. */
interface Key {
  readonly hash: number;
  readonly key: Uint8Array;
  readonly keyLength: number;
}

export class AnswerTable {
  readonly #epochs: Epochs;
  /** Word index of each record; 0 is a free slot, so that no record begins at 0. */
  #slots = new Uint32Array(MIN_SLOTS);
  #words = new Uint32Array(MIN_WORDS);
  #bytes = new Uint8Array(this.#words.buffer);
  #end = 1;
  #count = 0;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  /** Questions held, void ones that were not yet swept included. */
  get size(): number {
    return this.#count;
  }

  /** Octets of memory. */
  get octets(): number {
    return this.#slots.byteLength + this.#words.byteLength;
  }

  /** Points `into` at the answer to a question; false when there is none, or it no longer holds. */
  find(query: Query, into: Ready): boolean {
    const at = this.#slots[this.#slotOf(query)] ?? 0;
    if (at === 0 || !this.#holds(at)) return false;
    const shape = this.#words[at + 3] ?? 0;
    const counts = this.#words[at + 4] ?? 0;
    into.bytes = this.#bytes;
    into.start = 4 * (at + HEAD_WORDS + wordsOf(shape >>> 16));
    into.length = this.#words[at + 5] ?? 0;
    into.stride = (shape >>> 8) & 0xff;
    into.whole = (shape & WHOLE) !== 0;
    into.spelled = (shape & SPELLED) !== 0;
    into.answers = counts >>> 16;
    into.additional = counts & 0xffff;
    return true;
  }

  /** Keeps an answer as long as its owner's epoch lasts. */
  put(key: Key, owner: number, ready: Ready): void {
    const size = HEAD_WORDS + wordsOf(key.keyLength) + wordsOf(ready.length);
    if (this.#end + size > this.#words.length || 4 * this.#count >= 3 * this.#slots.length) this.#sweep(size);
    const at = this.#end;
    const flags = (ready.whole ? WHOLE : 0) | (ready.spelled ? SPELLED : 0);
    this.#words[at] = key.hash;
    this.#words[at + 1] = this.#epochs.epochOf(owner);
    this.#words[at + 2] = owner;
    this.#words[at + 3] = (key.keyLength << 16) | (ready.stride << 8) | flags;
    this.#words[at + 4] = (ready.answers << 16) | ready.additional;
    this.#words[at + 5] = ready.length;
    this.#bytes.set(key.key.subarray(0, key.keyLength), 4 * (at + HEAD_WORDS));
    const body = 4 * (at + HEAD_WORDS + wordsOf(key.keyLength));
    this.#bytes.set(ready.bytes.subarray(ready.start, ready.start + ready.length), body);
    this.#end += size;
    const slot = this.#slotOf(key);
    if (this.#slots[slot] === 0) this.#count++;
    // Last of all: whoever finds the slot finds the whole record.
    this.#slots[slot] = at;
  }

  #holds(at: number): boolean {
    return this.#words[at + 1] === this.#epochs.epochOf(this.#words[at + 2] ?? 0);
  }

  /** The slot of a question, or the free one where it would go. */
  #slotOf(key: Key): number {
    const mask = this.#slots.length - 1;
    let slot = key.hash & mask;
    for (;;) {
      const at = this.#slots[slot] ?? 0;
      if (at === 0 || (this.#words[at] === key.hash && this.#sameKey(at, key))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #sameKey(at: number, key: Key): boolean {
    if ((this.#words[at + 3] ?? 0) >>> 16 !== key.keyLength) return false;
    const start = 4 * (at + HEAD_WORDS);
    for (let i = 0; i < key.keyLength; i++) {
      if (this.#bytes[start + i] !== key.key[i]) return false;
    }
    return true;
  }

  /** Moves what still holds to new memory, with room for as much again. */
  #sweep(extra: number): void {
    const records: number[] = [];
    let live = 1;
    for (const at of this.#slots) {
      if (at === 0 || !this.#holds(at)) continue;
      records.push(at);
      live += sizeOf(this.#words, at);
    }
    const old = this.#words;
    this.#words = new Uint32Array(Math.max(MIN_WORDS, 2 * (live + extra)));
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#slots = new Uint32Array(Math.max(MIN_SLOTS, powerOfTwo(2 * (records.length + 1))));
    this.#end = 1;
    this.#count = records.length;
    const mask = this.#slots.length - 1;
    for (const at of records) {
      const size = sizeOf(old, at);
      this.#words.set(old.subarray(at, at + size), this.#end);
      let slot = (old[at] ?? 0) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = this.#end;
      this.#end += size;
    }
  }
}

function sizeOf(words: Uint32Array, at: number): number {
  return HEAD_WORDS + wordsOf((words[at + 3] ?? 0) >>> 16) + wordsOf(words[at + 5] ?? 0);
}

function wordsOf(octets: number): number {
  return (octets + 3) >>> 2;
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}
