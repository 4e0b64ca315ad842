/** Writes the records of a reply: names compressed, never past the size of a message. */
import { bytesOf } from '../../net/ip.ts';
import { CLASS, HEADER_SIZE, MAX_MESSAGE, TYPE } from './codes.ts';
import { putU16, putU32 } from './layout.ts';
import { isName, labelSize, putLabel, splitName } from './name.ts';
import type { Rdata, Rr, Sections, Soa } from './record.ts';

/** What follows the question, laid out for one length of the question's name. */
export interface Body {
  readonly bytes: Uint8Array;
  /** Records in the answer, authority and additional sections. */
  readonly counts: readonly [number, number, number];
  /** False: the records did not all fit into one message. */
  readonly whole: boolean;
}

/** A pointer holds 14 bits of offset. */
const MAX_POINTED = 0x3fff;

export class BodyBuilder {
  readonly #out: Uint8Array = new Uint8Array(MAX_MESSAGE);
  #names = new Map<string, number>();
  #at = 0;

  /**
   * Builds the records that follow a question for `name`, lower-cased text. Owner names become pointers into the
   * question, so they show in whatever case the client spells it.
   */
  build(name: string, nameLength: number, sections: Sections): Body {
    const start = HEADER_SIZE + nameLength + 4;
    this.#names = new Map();
    this.#at = start;
    this.#rememberQuestion(name);
    const counts: [number, number, number] = [0, 0, 0];
    const parts = [sections.answers, sections.authority, sections.additional];
    let whole = true;
    for (const [i, records] of parts.entries()) {
      for (const record of records) {
        if (!writable(record)) continue;
        whole &&= this.#record(record);
        if (!whole) break;
        counts[i] = (counts[i] ?? 0) + 1;
      }
    }
    return { bytes: this.#out.slice(start, this.#at), counts, whole };
  }

  #record(record: Rr): boolean {
    const before = this.#at;
    const fits =
      this.#name(record.owner, true) &&
      this.#header(codeOf(record.data), record.ttl) &&
      this.#rdata(record.data);
    if (!fits) this.#at = before;
    return fits;
  }

  #header(type: number, ttl: number): boolean {
    if (this.#at + 10 > MAX_MESSAGE) return false;
    putU16(this.#out, this.#at, type);
    putU16(this.#out, this.#at + 2, CLASS.IN);
    putU32(this.#out, this.#at + 4, ttl);
    this.#at += 10;
    return true;
  }

  #rdata(data: Rdata): boolean {
    const start = this.#at;
    const fits = this.#value(data);
    if (fits) putU16(this.#out, start - 2, this.#at - start);
    return fits;
  }

  #value(data: Rdata): boolean {
    switch (data.type) {
      case 'A':
      case 'AAAA':
        return this.#put(bytesOf(data.address));
      case 'CNAME':
      case 'NS':
      case 'PTR':
        return this.#name(data.target, true);
      case 'SRV':
        // RFC 2782 forbids compression of the target; a later owner name may still point to it.
        return this.#numbers(data.priority, data.weight, data.port) && this.#name(data.target, false);
      case 'TXT':
        return this.#put(characterString(data.text));
      case 'HINFO':
        return this.#put(characterString(data.cpu)) && this.#put(characterString(data.os));
      case 'SOA':
        return this.#soa(data.soa);
      case 'raw':
        return this.#put(data.bytes);
      default:
        return data satisfies never;
    }
  }

  #soa(soa: Soa): boolean {
    if (!this.#name(soa.primary, true) || !this.#name(soa.mailbox, true)) return false;
    const numbers = new Uint8Array(20);
    [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].forEach((n, i) =>
      putU32(numbers, 4 * i, n),
    );
    return this.#put(numbers);
  }

  #numbers(...values: readonly number[]): boolean {
    const bytes = new Uint8Array(2 * values.length);
    for (const [i, value] of values.entries()) putU16(bytes, 2 * i, value);
    return this.#put(bytes);
  }

  #put(bytes: Uint8Array): boolean {
    if (this.#at + bytes.length > MAX_MESSAGE) return false;
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
    return true;
  }

  #name(name: string, compress: boolean): boolean {
    let suffix = name;
    for (const label of splitName(name)) {
      const known = compress ? this.#names.get(suffix) : undefined;
      if (known !== undefined) return this.#put(pointer(known));
      this.#remember(suffix, this.#at, !compress && suffix === name);
      if (this.#at + labelSize(label) > MAX_MESSAGE) return false;
      this.#at = putLabel(this.#out, this.#at, label);
      suffix = suffix.slice(label.length + 1);
    }
    return this.#put(ROOT);
  }

  #rememberQuestion(name: string): void {
    let suffix = name;
    let offset = HEADER_SIZE;
    for (const label of splitName(name)) {
      this.#remember(suffix, offset);
      offset += labelSize(label);
      suffix = suffix.slice(label.length + 1);
    }
  }

  /** Lets later names point to this one; `anew` also those that could point to an earlier one, spelled otherwise. */
  #remember(name: string, offset: number, anew = false): void {
    if (offset <= MAX_POINTED && (anew || !this.#names.has(name))) this.#names.set(name, offset);
  }
}

const ROOT = Uint8Array.of(0);

/** A name longer than DNS allows: its record is left out, the others stand. */
function writable(record: Rr): boolean {
  return isName(record.owner) && (!('target' in record.data) || isName(record.data.target));
}

function pointer(offset: number): Uint8Array {
  return Uint8Array.of(0xc0 | (offset >> 8), offset & 0xff);
}

function characterString(text: string): Uint8Array {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Uint8Array.of(bytes.length, ...bytes);
}

function codeOf(data: Rdata): number {
  return data.type === 'raw' ? data.code : TYPE[data.type];
}
