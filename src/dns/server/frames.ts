/** Messages on a TCP stream, each behind its length in two octets (RFC 1035 section 4.2.2). */
import { u16 } from '../wire/layout.ts';

export class Frames {
  #chunks: Uint8Array[] = [];
  #length = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole message, or `undefined` until more has come. */
  next(): Uint8Array | undefined {
    if (this.#length < 2) return undefined;
    const first = this.#joined(2);
    const end = 2 + u16(first, 0);
    if (this.#length < end) return undefined;
    const all = this.#joined(end);
    this.#chunks[0] = all.subarray(end);
    this.#length -= end;
    return all.subarray(2, end);
  }

  /** The first chunk, made at least `octets` long. Chunks are joined only then: octets may come one at a time. */
  #joined(octets: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= octets) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

/** A message with its length before it. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, 2);
  return framed;
}
