/** A query, read in place: nothing is allocated, because this runs for every packet. */
import { CLASS, FLAG, HEADER_SIZE, RCODE, TYPE } from './codes.ts';
import { type Edns, readOpt } from './edns.ts';
import { encodeName, LOWER, skipName } from './name.ts';
import { putU16, u16 } from './layout.ts';

/** What `read` makes of a packet: an rcode to refuse it with, `NOERROR` to answer it, or this. */
export const DROP = -1;

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class Query {
  message: Uint8Array = new Uint8Array(0);
  /** Octets of `message` that are the packet. */
  #length = 0;
  id = 0;
  flags = 0;
  /** Octets of the question's name, the root's included; 0 while no question was read. */
  nameLength = 0;
  type = 0;
  class = 0;
  /** FNV-1a of `key` up to `keyLength`. */
  hash = 0;
  /** The lower-cased name on the wire, then the type: what answers are kept under. */
  readonly key: Buffer = Buffer.alloc(260);
  keyLength = 0;
  /** Offsets of the labels in `key`. */
  readonly labels: Uint8Array = new Uint8Array(128);
  labelCount = 0;
  readonly edns: Edns = {
    present: false,
    udpSize: 512,
    version: 0,
    dnssecOk: false,
    optionsAt: 0,
    optionsEnd: 0,
  };
  readonly #seed: number;

  /** `seed` keeps outsiders from choosing names that share a hash. */
  constructor(seed = 0) {
    this.#seed = FNV_BASIS ^ seed;
  }

  /** Offset after the question: where a reply's records begin. */
  get questionEnd(): number {
    return this.nameLength === 0 ? HEADER_SIZE : HEADER_SIZE + this.nameLength + 4;
  }

  /**
   * Reads a packet, the first `length` octets; the message is referenced, not copied. Returns `DROP`, or the rcode to
   * go on with.
   */
  read(message: Uint8Array, length: number = message.length): number {
    this.message = message;
    this.#length = length;
    this.nameLength = 0;
    this.edns.present = false;
    this.edns.udpSize = 512;
    this.edns.optionsEnd = this.edns.optionsAt;
    if (length < HEADER_SIZE) return DROP;
    this.id = u16(message, 0);
    this.flags = u16(message, 2);
    // A response must never be answered: two servers would play it back and forth.
    if ((this.flags & FLAG.QR) !== 0) return DROP;
    if ((this.flags & FLAG.OPCODE) !== 0) return RCODE.NOTIMP;
    const records = u16(message, 6) + u16(message, 8);
    const additional = u16(message, 10);
    if (u16(message, 4) !== 1 || u16(message, 6) > 1 || u16(message, 8) > 1 || additional > 2) {
      return RCODE.FORMERR;
    }
    if (!this.#readQuestion()) return RCODE.FORMERR;
    return records + additional === 0 ? RCODE.NOERROR : this.#readRecords(records, additional);
  }

  /** Labels are copied lower-cased and hashed in the same pass. A pointer has nothing before it to lead to. */
  #readQuestion(): boolean {
    const message = this.message;
    const key = this.key;
    let hash = this.#seed;
    let pos = HEADER_SIZE;
    let count = 0;
    let left = 0;
    for (let i = 0; i < 255; i++) {
      const octet = message[pos++];
      if (octet === undefined || pos > this.#length) return false;
      let lower = octet;
      if (left > 0) {
        left--;
        lower = LOWER[octet] ?? octet;
      } else {
        if (octet > 63) return false;
        this.labels[count++] = i;
        left = octet;
      }
      key[i] = lower;
      hash = Math.imul(hash ^ lower, FNV_PRIME);
      if (octet === 0 && left === 0 && this.labels[count - 1] === i) {
        if (pos + 4 > this.#length) return false;
        this.labelCount = count - 1;
        this.#finishQuestion(i + 1, pos, hash);
        return true;
      }
    }
    return false;
  }

  #finishQuestion(nameLength: number, pos: number, nameHash: number): void {
    this.nameLength = nameLength;
    this.type = u16(this.message, pos);
    this.class = u16(this.message, pos + 2);
    this.key[nameLength] = this.type >>> 8;
    this.key[nameLength + 1] = this.type;
    this.keyLength = nameLength + 2;
    const high = Math.imul(nameHash ^ (this.type >>> 8), FNV_PRIME);
    this.hash = Math.imul(high ^ (this.type & 0xff), FNV_PRIME) >>> 0;
  }

  /** Records after the question matter only for the OPT among them, but must be whole. */
  #readRecords(others: number, additional: number): number {
    const message = this.message;
    let pos = this.questionEnd;
    for (let i = 0; i < others + additional; i++) {
      const owner = pos;
      pos = skipName(message, pos, this.#length);
      if (pos < 0 || pos + 10 > this.#length) return RCODE.FORMERR;
      const type = u16(message, pos);
      const end = pos + 10 + u16(message, pos + 8);
      if (end > this.#length) return RCODE.FORMERR;
      if (type === TYPE.OPT && i >= others) {
        // RFC 6891 section 6.1.1: more than one OPT, and one not at the root, are format errors.
        const valid = !this.edns.present && message[owner] === 0;
        if (!valid || !readOpt(message, pos + 2, end, this.edns)) {
          this.edns.present = false;
          return RCODE.FORMERR;
        }
      }
      pos = end;
    }
    return this.edns.present && this.edns.version !== 0 ? RCODE.BADVERS : RCODE.NOERROR;
  }
}

/** The query of class IN that has such a key. */
export function questionFor(key: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_SIZE + key.length + 2);
  putU16(message, 4, 1);
  message.set(key, HEADER_SIZE);
  putU16(message, HEADER_SIZE + key.length, CLASS.IN);
  return message;
}

/** A plain query with recursion desired, as a stub resolver would send it. `name` keeps to `isName`. */
export function makeQuery(name: string, type: number, id = 0): Uint8Array {
  const question = encodeName(name);
  const message = new Uint8Array(HEADER_SIZE + question.length + 4);
  putU16(message, 0, id);
  putU16(message, 2, FLAG.RD);
  putU16(message, 4, 1);
  message.set(question, HEADER_SIZE);
  putU16(message, HEADER_SIZE + question.length, type);
  putU16(message, HEADER_SIZE + question.length + 2, CLASS.IN);
  return message;
}
