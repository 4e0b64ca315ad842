/** The table of ready answers as another thread reads it. */
import { AnswerMemory, type Key, type MemoryShape } from './memory.ts';
import type { Ready } from './ready.ts';
import type { SharedState } from './sharedState.ts';

export class TableReader {
  readonly #state: SharedState;
  readonly #index: number;
  readonly #memories = new Map<number, AnswerMemory>();
  #known = 0;
  #memory: AnswerMemory | undefined;

  /** `index` is this reader's alone, below `MAX_READERS`. */
  constructor(state: SharedState, index: number) {
    this.#state = state;
    this.#index = index;
  }

  /** The memory under this id is another one from now on. */
  learn(id: number, shape: MemoryShape): void {
    this.#memories.set(id, new AnswerMemory(shape));
  }

  /**
   * From here to `leave`, what was found stays as it is. `news` is called when the answers have moved, and must learn
   * of every memory that was told of until now: that is always before answers move there.
   */
  enter(news: () => void): void {
    const state = this.#state;
    for (;;) {
      const memory = state.memory;
      state.setReader(this.#index, memory);
      // The writer takes no memory that a reader is in: but it may have looked just before we said that we are.
      if (state.memory !== memory) continue;
      if (memory === this.#known) return;
      news();
      this.#known = memory;
      this.#memory = this.#memories.get((memory & 0xff) - 1);
      return;
    }
  }

  leave(): void {
    this.#state.setReader(this.#index, 0);
  }

  /** As the writer's own: and false while a change becomes visible. Only between `enter` and `leave`. */
  find(key: Key, into: Ready): boolean {
    return this.#state.settled && this.#memory !== undefined && this.#memory.find(key, this.#state, into);
  }
}
