/** One of the table's shelves as its only writer, the main thread, holds it. */
import { AnswerMemory, type Key, type MemoryShape, sizeOf } from './memory.ts';
import type { Ready } from './ready.ts';
import { EPOCHS, MAX_READERS, type SharedState, type ShelfNumber } from './sharedState.ts';

const MIN_SLOTS = 1024;
const MIN_WORDS = 16_384;

/** Told of each new memory, before any answer is in it. */
export type MemoryListener = (id: number, shape: MemoryShape) => void;

export interface Most {
  readonly entries?: number;
  /** Of 32 bits, without slots. Twice as many are taken, so that there is room to move. */
  readonly words?: number;
}

export class Shelf {
  readonly #state: SharedState;
  readonly #number: ShelfNumber;
  readonly #most: Required<Most>;
  /** By id: one in use, and those that were. A reader may still be in one of these. */
  readonly #memories: AnswerMemory[] = [];
  readonly #listeners = new Set<MemoryListener>();
  #id = 0;
  #memory: AnswerMemory;
  #generation = 0;
  /** The record that was kept last for each owner, from where the others are found; 0 is none. */
  readonly #newest = new Uint32Array(EPOCHS);
  #end = 1;
  #count = 0;

  /** It is cleared before it would hold more than `most`. */
  constructor(state: SharedState, number: ShelfNumber, most: Most) {
    this.#state = state;
    this.#number = number;
    this.#most = { entries: Number.POSITIVE_INFINITY, words: Number.POSITIVE_INFINITY, ...most };
    this.#memory = AnswerMemory.ofSize(number, MIN_SLOTS, MIN_WORDS);
    this.#memories.push(this.#memory);
    this.#publish(0);
  }

  /** Questions held, void ones that were not yet swept included. */
  get size(): number {
    return this.#count;
  }

  /** Octets of memory. */
  get octets(): number {
    return this.#memories.reduce((sum, { shape }) => sum + shape.buffer.byteLength, 0);
  }

  /** Tells of all memories, and of each new one from now on. Returns what ends it. */
  listen(listener: MemoryListener): () => void {
    this.#memories.forEach(({ shape }, id) => listener(id, shape));
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  find(key: Key, into: Ready): boolean {
    return this.#memory.find(key, this.#state, into);
  }

  /** Keeps an answer as long as its owner's epoch lasts. */
  put(key: Key, owner: number, ready: Ready): void {
    const size = sizeOf(key.keyLength, ready.length, ready.errorLength);
    const { shape, words } = this.#memory;
    if (this.#count >= this.#most.entries) this.#begin([], size);
    else if (this.#end + size > words.length || 4 * this.#count >= 3 * shape.slots) this.#sweep(size);
    const memory = this.#memory;
    memory.write(this.#end, key, owner, this.#state.epochOf(owner), ready, this.#newest[owner] ?? 0);
    this.#newest[owner] = this.#end;
    const slot = memory.slotOf(key);
    if (memory.recordIn(slot) === 0) this.#count++;
    memory.lead(slot, this.#end);
    this.#end += size;
  }

  /** Copies of the keys that answers are kept under for an owner and hold, the latest `most` of them. */
  keysOf(owner: number, most: number): Uint8Array[] {
    const memory = this.#memory;
    const keys: Uint8Array[] = [];
    for (let at = this.#newest[owner] ?? 0; at !== 0 && keys.length < most; at = memory.beforeAt(at)) {
      // Those before one that is void are older still.
      if (!memory.holds(at, this.#state)) break;
      keys.push(memory.keyAt(at));
    }
    return keys;
  }

  /** Moves what still holds to other memory, with room for as much again. */
  #sweep(extra: number): void {
    const old = this.#memory;
    const records: number[] = [];
    let live = extra;
    for (let slot = 0; slot < old.shape.slots; slot++) {
      const at = old.recordIn(slot);
      if (at === 0 || !old.holds(at, this.#state)) continue;
      records.push(at);
      live += old.sizeAt(at);
    }
    this.#begin(live > this.#most.words ? [] : records, extra);
  }

  /** Goes on in other memory, with these records of the old one. */
  #begin(records: readonly number[], extra: number): void {
    const old = this.#memory;
    const live = records.reduce((sum, at) => sum + old.sizeAt(at), 1);
    const id = this.#freeId();
    const memory = this.#prepare(id, powerOfTwo(2 * (records.length + 1)), 2 * (live + extra));
    this.#end = 1;
    this.#count = records.length;
    this.#newest.fill(0);
    for (const at of records) {
      const size = old.sizeAt(at);
      memory.words.set(old.words.subarray(at, at + size), this.#end);
      memory.lead(memory.freeSlotFor(old.hashAt(at)), this.#end);
      const owner = memory.ownerAt(this.#end);
      memory.setBefore(this.#end, this.#newest[owner] ?? 0);
      this.#newest[owner] = this.#end;
      this.#end += size;
    }
    this.#memory = memory;
    this.#publish(id);
  }

  /** Readers are in one memory each, so there is always one that nobody is in. */
  #freeId(): number {
    const taken = new Set([this.#id]);
    for (let reader = 0; reader < MAX_READERS; reader++) {
      taken.add((this.#state.readerIn(this.#number, reader) & 0xff) - 1);
    }
    let id = 0;
    while (taken.has(id)) id++;
    return id;
  }

  /** The memory of that id, emptied; another one where it has no room, or several times too much. */
  #prepare(id: number, slots: number, words: number): AnswerMemory {
    const wanted = { slots: Math.max(MIN_SLOTS, slots), words: Math.max(MIN_WORDS, words) };
    const known = this.#memories[id];
    const fits = (has: number, needs: number): boolean => has >= needs && has <= 4 * needs;
    if (
      known !== undefined &&
      fits(known.shape.slots, wanted.slots) &&
      fits(known.words.length, wanted.words)
    ) {
      known.clear();
      return known;
    }
    const memory = AnswerMemory.ofSize(this.#number, wanted.slots, wanted.words);
    this.#memories[id] = memory;
    for (const listener of this.#listeners) listener(id, memory.shape);
    return memory;
  }

  /** From here on readers go there. The number tells one use of a memory from the next. */
  #publish(id: number): void {
    this.#id = id;
    this.#generation = (this.#generation + 1) & 0xff_ffff;
    this.#state.setMemory(this.#number, ((this.#generation << 8) | (id + 1)) >>> 0);
  }
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}
