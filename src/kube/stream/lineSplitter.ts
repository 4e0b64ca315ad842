import { type Piece, PieceBuffer } from './piece.ts';

const NEWLINE = 0x0a;

/** Cuts a watch stream into its lines, one JSON text each, wherever the chunks of the network begin and end. */
export class LineSplitter {
  readonly #pending: PieceBuffer;

  /** A line longer than `maxBytes` comes out as its head. */
  constructor(maxBytes: number) {
    this.#pending = new PieceBuffer(maxBytes);
  }

  /** The lines that `chunk` completes. Take them all before the next chunk. */
  *push(chunk: Buffer): Generator<Piece, void, undefined> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const line = this.#pending.take(chunk.subarray(start, end));
      start = end + 1;
      if (!isBlank(line)) yield line;
    }
    this.#pending.add(chunk.subarray(start));
  }

  /** Whether the stream may end here. It must not in the middle of a line. */
  get atBorder(): boolean {
    return this.#pending.empty;
  }
}

function isBlank(line: Piece): boolean {
  return line.length < 2 && line.bytes.toString('latin1').trim() === '';
}
