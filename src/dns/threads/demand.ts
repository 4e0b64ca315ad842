/** When threads are worth their memory: a thread costs some 10 MB, and an idle node asks a few queries a second. */

/** Queries a second from which on threads answer, if it goes on for so many seconds. */
const MANY = 2_000;
const MANY_SECONDS = 3;
/** And below which they end. */
const FEW = 500;
const FEW_SECONDS = 180;

export class Demand {
  #wanted = false;
  #streak = 0;

  /** Whether threads are wanted, now that so many queries came in another second. */
  second(queries: number): boolean {
    const against = this.#wanted ? queries < FEW : queries >= MANY;
    this.#streak = against ? this.#streak + 1 : 0;
    if (this.#streak >= (this.#wanted ? FEW_SECONDS : MANY_SECONDS)) {
      this.#wanted = !this.#wanted;
      this.#streak = 0;
    }
    return this.#wanted;
  }
}
