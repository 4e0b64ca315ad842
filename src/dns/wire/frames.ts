/** Messages on a TCP stream, each behind its length in two octets (RFC 1035 section 4.2.2). */
import { u16 } from './layout.ts';

/** Takes a stream in pieces of any size; two connections need two. */
export class Frames {
  /** What came and was not taken lies from `at` to `end`. */
  #held: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  push(chunk: Uint8Array): void {
    if (this.#at === this.#end) {
      // As a rule a chunk holds whole messages: then nothing is copied.
      this.#held = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#held.length) this.#grow(chunk.length);
    this.#held.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole message, or `undefined` until more has come. It is the receiver's until the next `push`. */
  next(): Uint8Array | undefined {
    const length = this.announced;
    if (length === undefined || this.#at + 2 + length > this.#end) return undefined;
    const start = this.#at + 2;
    this.#at = start + length;
    return this.#held.subarray(start, this.#at);
  }

  /** Octets of the next message, as far as its length has come. */
  get announced(): number | undefined {
    return this.#end - this.#at < 2 ? undefined : u16(this.#held, this.#at);
  }

  /** Room for twice what is there, because octets may come one at a time. The old memory is somebody's chunk. */
  #grow(octets: number): void {
    const unread = this.#end - this.#at;
    const grown = new Uint8Array(Math.max(2 * unread, unread + octets));
    grown.set(this.#held.subarray(this.#at, this.#end));
    this.#held = grown;
    this.#at = 0;
    this.#end = unread;
  }
}

/** A message with its length before it. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, 2);
  return framed;
}
