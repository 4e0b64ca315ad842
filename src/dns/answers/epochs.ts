/**
 * Which kept answers still hold. All answers made from one thing, a Service or an address, carry its number and
 * epoch; one increment, and all of them are void at the same instant, however many names they stand under.
 */
export class Epochs {
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  #epochs = new Uint32Array(1024);
  #used = 0;

  /** The number of a thing, given to it when its first answer is kept. */
  numberOf(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#used++;
      if (number >= this.#epochs.length) this.#grow();
      this.#numbers.set(key, number);
    }
    return number;
  }

  epochOf(number: number): number {
    return this.#epochs[number] ?? 0;
  }

  /** Voids all that was kept for it. Its number may go to another one: the epoch goes on counting. */
  bump(key: string): void {
    const number = this.#numbers.get(key);
    if (number === undefined) return;
    this.#epochs[number] = this.epochOf(number) + 1;
    this.#numbers.delete(key);
    this.#free.push(number);
  }

  #grow(): void {
    const grown = new Uint32Array(2 * this.#epochs.length);
    grown.set(this.#epochs);
    this.#epochs = grown;
  }
}
