import type { Soa } from '../../wire/record.ts';
import { soaOf } from './authority.ts';

/** The SOA record of each domain, made anew only when the serial has moved: denials are frequent. */
export class Soas {
  readonly #serial: () => number;
  readonly #minimum: number;
  readonly #made = new Map<string, Soa>();

  /** `minimum` is how many seconds a denial may be kept. */
  constructor(serial: () => number, minimum: number) {
    this.#serial = serial;
    this.#minimum = minimum;
  }

  of(domain: string): Soa {
    const serial = this.#serial();
    const known = this.#made.get(domain);
    if (known?.serial === serial) return known;
    const soa = soaOf(domain, serial, this.#minimum);
    this.#made.set(domain, soa);
    return soa;
  }
}
