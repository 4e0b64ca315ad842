import { type Piece, PieceBuffer } from './piece.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Names of members and the list's metadata are short; a longer one is no Kubernetes list's. */
const MAX_MEMBER_BYTES = 64 * 1024;

/** What came is no list of the API. */
export class NotAListError extends Error {}

/**
 * Cuts the answer to a LIST into its items while it arrives, so that ten thousand objects are never in memory, nor
 * parsed, all at once. Only the borders are found here; what is between them is for JSON.parse.
 *
 * The answer is an object: its `items` come out piece by piece, its `metadata` is kept, other members are skipped.
 */
export class ListSplitter {
  readonly #item: PieceBuffer;
  readonly #member: PieceBuffer = new PieceBuffer(MAX_MEMBER_BYTES);
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** Member of the outermost object that we are in. */
  #key = '';
  #inItems = false;
  /** Whether the item under way has anything but white space: `[ ]` has no item. */
  #hasContent = false;
  #metadata: unknown;
  #done = false;

  /** An item longer than `maxBytes` comes out as its head. */
  constructor(maxBytes: number) {
    this.#item = new PieceBuffer(maxBytes);
  }

  /** The `metadata` of the list; undefined until it came. */
  get metadata(): unknown {
    return this.#metadata;
  }

  /** Whether the whole list was seen: an answer that ends before was cut off. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * The items that `chunk` completes. Take them all before the next chunk.
   * @throws NotAListError
   */
  *push(chunk: Buffer): Generator<Piece, void, undefined> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (this.#inText) {
        i = this.#skipText(chunk, i);
        continue;
      }
      const byte = chunk[i] ?? SPACE;
      if (byte <= SPACE || this.#done) continue;
      if (this.#depth === 0 && byte !== OPEN_OBJECT) throw new NotAListError('not a JSON object');
      // Most bytes are inside an item, where only what nests and what quotes has a meaning for us.
      if (byte === QUOTE) {
        this.#inText = true;
        this.#hasContent = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#open(byte)) start = i + 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth -= 1;
        if (this.#depth === 1 && this.#inItems) {
          const item = this.#item.take(chunk.subarray(start, i));
          this.#inItems = false;
          this.#key = '';
          start = i + 1;
          if (this.#hasContent) yield item;
        } else if (this.#depth === 0) {
          this.#endMember(chunk.subarray(start, i));
          this.#done = true;
        }
      } else if (byte === COMMA) {
        if (this.#depth === 2 && this.#inItems) {
          yield this.#item.take(chunk.subarray(start, i));
          this.#hasContent = false;
          start = i + 1;
        } else if (this.#depth === 1) {
          this.#endMember(chunk.subarray(start, i));
          start = i + 1;
        }
      } else if (byte === COLON && this.#depth === 1) {
        this.#key = String(parse(this.#member.take(chunk.subarray(start, i))));
        start = i + 1;
      } else {
        this.#hasContent = true;
      }
    }
    if (this.#inItems) this.#item.add(chunk.subarray(start));
    else if (this.#depth > 0) this.#member.add(chunk.subarray(start));
  }

  /** Index of the last byte of the text, or of the chunk. */
  #skipText(chunk: Buffer, from: number): number {
    let i = from;
    for (; i < chunk.length; i++) {
      if (this.#escaped) this.#escaped = false;
      else if (chunk[i] === BACKSLASH) this.#escaped = true;
      else if (chunk[i] === QUOTE) {
        this.#inText = false;
        break;
      }
    }
    return i;
  }

  /** Whether what comes next is a piece of its own: the first member, or the first item. */
  #open(byte: number): boolean {
    this.#depth += 1;
    this.#hasContent = true;
    if (this.#depth === 1) return true;
    if (this.#depth > 2 || byte !== OPEN_LIST || this.#key !== 'items') return false;
    this.#inItems = true;
    this.#hasContent = false;
    return true;
  }

  #endMember(last: Buffer): void {
    const value = this.#member.take(last);
    if (this.#key === 'metadata') this.#metadata = parse(value);
    this.#key = '';
  }
}

function parse(piece: Piece): unknown {
  try {
    return JSON.parse(piece.bytes.toString('utf8'));
  } catch (error) {
    throw new NotAListError('not a Kubernetes list', { cause: error });
  }
}
