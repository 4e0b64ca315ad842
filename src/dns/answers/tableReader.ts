/** The table of ready answers as another thread reads it. */
import { AnswerMemory, type Key, type MemoryShape } from './memory.ts';
import type { Ready } from './ready.ts';
import type { SharedState, ShelfNumber } from './sharedState.ts';

export class TableReader {
  readonly #state: SharedState;
  readonly #index: number;
  readonly #answers: ShelfReader;
  readonly #denials: ShelfReader;
  readonly #hot: ShelfReader;
  /** Of no use but that what is loaded is used. */
  warmed = 0;

  /** `index` is this reader's alone, below `MAX_READERS`. */
  constructor(state: SharedState, index: number) {
    this.#state = state;
    this.#index = index;
    this.#answers = new ShelfReader(state, 0, index);
    this.#denials = new ShelfReader(state, 1, index);
    this.#hot = new ShelfReader(state, 2, index);
  }

  /** The memory under this id is another one from now on. */
  learn(id: number, shape: MemoryShape): void {
    const shelf = [this.#answers, this.#denials, this.#hot][shape.shelf];
    shelf?.memories.set(id, new AnswerMemory(shape));
  }

  /**
   * From here to `leave`, what was found stays as it is. `news` is called when the answers have moved, and must learn
   * of every memory that was told of until now: that is always before answers move there.
   */
  enter(news: () => void): void {
    this.#answers.enter(news);
    this.#denials.enter(news);
    this.#hot.enter(news);
  }

  leave(): void {
    this.#state.dismiss(this.#index);
  }

  /** As the writer's own: and false while a change becomes visible. Only between `enter` and `leave`. */
  find(key: Key, into: Ready): boolean {
    if (!this.#state.settled) return false;
    return this.#answers.find(key, into) || this.#denials.find(key, into);
  }

  /** Loads what `find` will look at for the first `count` of these; see `AnswerMemory.warm`. */
  warm(keys: readonly Key[], count: number): void {
    this.warmed ^= this.#answers.warm(keys, count);
  }

  /** The same for what others said. */
  findHot(key: Key, into: Ready): boolean {
    return this.#hot.find(key, into);
  }
}

class ShelfReader {
  readonly memories = new Map<number, AnswerMemory>();
  readonly #state: SharedState;
  readonly #shelf: ShelfNumber;
  readonly #index: number;
  #known = 0;
  #memory: AnswerMemory | undefined;

  constructor(state: SharedState, shelf: ShelfNumber, index: number) {
    this.#state = state;
    this.#shelf = shelf;
    this.#index = index;
  }

  enter(news: () => void): void {
    for (;;) {
      const memory = this.#state.memory(this.#shelf);
      this.#state.setReader(this.#shelf, this.#index, memory);
      // The writer takes no memory that a reader is in: but it may have looked just before we said that we are.
      if (this.#state.memory(this.#shelf) !== memory) continue;
      if (memory === this.#known) return;
      news();
      this.#known = memory;
      this.#memory = this.memories.get((memory & 0xff) - 1);
      return;
    }
  }

  warm(keys: readonly Key[], count: number): number {
    return this.#memory?.warm(keys, count, this.#state) ?? 0;
  }

  find(key: Key, into: Ready): boolean {
    return this.#memory !== undefined && this.#memory.find(key, this.#state, into);
  }
}
