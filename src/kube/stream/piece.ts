/** One JSON text cut out of a stream. */
export interface Piece {
  readonly bytes: Buffer;
  /** Its length in the stream. Greater than `bytes.length` when it was too long to keep: `bytes` is its head. */
  readonly length: number;
}

/** What is kept of a piece that is too long: enough for the name in its metadata. */
const HEAD_BYTES = 4096;

/** Gathers one piece from the chunks that it is spread over, and never holds more than `maxBytes` of it. */
export class PieceBuffer {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #kept = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  add(part: Buffer): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= this.#maxBytes) {
      this.#parts.push(part);
      this.#kept += part.length;
    } else if (this.#kept > HEAD_BYTES || this.#kept === 0) {
      // A copy: a view would keep all that was gathered alive.
      const head = Buffer.from(Buffer.concat([...this.#parts, part]).subarray(0, HEAD_BYTES));
      this.#parts = [head];
      this.#kept = head.length;
    }
  }

  /** The piece that ends with `last`. Ready for the next one afterwards. */
  take(last: Buffer): Piece {
    if (this.#length === 0 && last.length <= this.#maxBytes) return { bytes: last, length: last.length };
    this.add(last);
    const [only, ...more] = this.#parts;
    const bytes = only !== undefined && more.length === 0 ? only : Buffer.concat(this.#parts, this.#kept);
    const piece = { bytes, length: this.#length };
    this.#parts = [];
    this.#kept = 0;
    this.#length = 0;
    return piece;
  }
}
