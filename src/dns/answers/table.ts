/**
 * Ready answers as their only writer, the main thread, holds them. Denials are on a shelf of their own: names that do
 * not exist are without number, anybody may ask for them, and to make room must not cost what all answers are.
 */
import type { Key } from './memory.ts';
import { RCODE } from '../wire/codes.ts';
import type { Ready } from './ready.ts';
import type { SharedState } from './sharedState.ts';
import { type MemoryListener, Shelf } from './shelf.ts';

const MAX_DENIALS = 8192;
/** 4 MB. Those that are left out are answered by the main thread, as they were before. */
const MAX_HOT_WORDS = 1 << 20;

export class AnswerTable {
  readonly #answers: Shelf;
  readonly #denials: Shelf;
  /** Replies of others, for threads to tell; see `HotReplies`. */
  readonly hot: Shelf;

  constructor(state: SharedState) {
    this.#answers = new Shelf(state, 0, {});
    this.#denials = new Shelf(state, 1, { entries: MAX_DENIALS });
    this.hot = new Shelf(state, 2, { words: MAX_HOT_WORDS });
  }

  /** Questions held, void ones that were not yet swept included. */
  get size(): number {
    return this.#answers.size + this.#denials.size;
  }

  /** Octets of memory. */
  get octets(): number {
    return this.#answers.octets + this.#denials.octets + this.hot.octets;
  }

  /** Tells of all memories, and of each new one from now on. Returns what ends it. */
  listen(listener: MemoryListener): () => void {
    const deaf = [this.#answers, this.#denials, this.hot].map((shelf) => shelf.listen(listener));
    return () => deaf.forEach((end) => end());
  }

  find(key: Key, into: Ready): boolean {
    return this.#answers.find(key, into) || this.#denials.find(key, into);
  }

  /** Copies of the questions that have an answer, no denial, from an owner now: the latest `most` of them. */
  keysOf(owner: number, most: number): Uint8Array[] {
    return this.#answers.keysOf(owner, most);
  }

  /** Keeps an answer as long as its owner's epoch lasts. */
  put(key: Key, owner: number, ready: Ready): void {
    const shelf = ready.rcode === RCODE.NOERROR ? this.#answers : this.#denials;
    shelf.put(key, owner, ready);
  }
}
