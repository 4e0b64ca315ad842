/** The order of address records, new for each reply: clients take the first, and so spread over all. */

/** Sets up to this size are shuffled; larger ones start at a random record, which spreads as well and costs less. */
const SHUFFLED = 16;

export class Order {
  readonly #random: () => number;
  readonly #indexes = new Uint8Array(SHUFFLED);

  /** `random` gives numbers from 0 up to but not including 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Copies `wanted` of the `count` records of `stride` octets at `from`, in a random order. */
  copy(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    from: number,
    stride: number,
    count: number,
    wanted: number,
  ): void {
    if (count > SHUFFLED) this.#rotate(out, at, bytes, from, stride, count, wanted);
    else this.#shuffle(out, at, bytes, from, stride, count, wanted);
  }

  /** The same for records that are not yet written. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let left = result.length; left > 1; left--) {
      const picked = this.#below(left);
      const item = result[picked];
      const last = result[left - 1];
      if (item !== undefined && last !== undefined) [result[picked], result[left - 1]] = [last, item];
    }
    return result;
  }

  #rotate(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    from: number,
    stride: number,
    count: number,
    wanted: number,
  ): void {
    const first = this.#below(count);
    const tail = Math.min(wanted, count - first);
    const start = from + first * stride;
    out.set(bytes.subarray(start, start + tail * stride), at);
    out.set(bytes.subarray(from, from + (wanted - tail) * stride), at + tail * stride);
  }

  #shuffle(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    from: number,
    stride: number,
    count: number,
    wanted: number,
  ): void {
    const indexes = this.#indexes;
    for (let i = 0; i < count; i++) indexes[i] = i;
    for (let i = 0; i < wanted; i++) {
      const picked = i + this.#below(count - i);
      const record = from + (indexes[picked] ?? 0) * stride;
      indexes[picked] = indexes[i] ?? 0;
      const to = at + i * stride;
      // Records are 16 or 28 octets: a loop is quicker than a view and a copy.
      for (let k = 0; k < stride; k++) out[to + k] = bytes[record + k] ?? 0;
    }
  }

  #below(limit: number): number {
    return limit < 2 ? 0 : Math.floor(this.#random() * limit);
  }
}
