/** Writes the records of a reply: names compressed, never past the size of a message. */
import { bytesOf } from '../../net/ip.ts';
import { CLASS, HEADER_SIZE, MAX_MESSAGE, TYPE } from './codes.ts';
import { putU16, putU32 } from './layout.ts';
import { firstLabel, labelSize, putLabel, splitName } from './name.ts';
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
  #malformed = false;

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
      if (!whole) break;
      for (const record of records) {
        if (this.#record(record)) counts[i] = (counts[i] ?? 0) + 1;
        else if (!this.#malformed) whole = false;
        if (!whole) break;
      }
    }
    return { bytes: this.#out.slice(start, this.#at), counts, whole };
  }

  /** False when it does not fit, or holds a name longer than DNS allows: then the others still stand. */
  #record(record: Rr): boolean {
    const before = this.#at;
    this.#malformed = false;
    const fits =
      this.#name(record.owner, true) &&
      this.#header(codeOf(record.data), record.ttl) &&
      this.#rdata(record.data);
    if (!fits) this.#undo(before);
    return fits;
  }

  #undo(to: number): void {
    this.#at = to;
    for (const [name, offset] of this.#names) if (offset >= to) this.#names.delete(name);
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
        return this.#address4(data.address);
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
    if (this.#at + 2 * values.length > MAX_MESSAGE) return false;
    for (const value of values) {
      putU16(this.#out, this.#at, value);
      this.#at += 2;
    }
    return true;
  }

  /** Headless Services have thousands of them: no array is made for each. */
  #address4(address: string): boolean {
    if (this.#at + 4 > MAX_MESSAGE) return false;
    let octet = 0;
    for (let i = 0; i < address.length; i++) {
      const char = address.charCodeAt(i);
      if (char === DOT) {
        this.#out[this.#at++] = octet;
        octet = 0;
      } else octet = 10 * octet + char - ZERO;
    }
    this.#out[this.#at++] = octet;
    return true;
  }

  #put(bytes: Uint8Array): boolean {
    if (this.#at + bytes.length > MAX_MESSAGE) return false;
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
    return true;
  }

  #name(name: string, compress: boolean): boolean {
    const start = this.#at;
    let suffix = name;
    let spelled = 1;
    while (suffix !== '') {
      const known = compress ? this.#names.get(suffix) : undefined;
      if (known !== undefined) {
        this.#malformed = spelled + suffix.length + 1 > MAX_NAME;
        return !this.#malformed && this.#numbers(0xc000 | known);
      }
      const label = firstLabel(suffix);
      const size = labelSize(label);
      spelled += size;
      this.#malformed ||= size === 1 || size > 64 || spelled > MAX_NAME;
      if (this.#malformed || this.#at + size > MAX_MESSAGE) return false;
      this.#remember(suffix, this.#at, !compress && this.#at === start);
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

/** Octets of a name, the root's included. */
const MAX_NAME = 255;
const ROOT = Uint8Array.of(0);
const DOT = 0x2e;
const ZERO = 0x30;

function characterString(text: string): Uint8Array {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Uint8Array.of(bytes.length, ...bytes);
}

function codeOf(data: Rdata): number {
  return data.type === 'raw' ? data.code : TYPE[data.type];
}
