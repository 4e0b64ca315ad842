import type { Draw } from './random.ts';

/** One thing to throw mutants at. */
export interface Target {
  readonly name: string;
  /** Makes one mutant, hands it over, and throws `Broken` when what comes back breaks a promise. */
  round(draw: Draw): void | Promise<void>;
  /** What came of all rounds: a target that turns everything away at the door tries nothing. */
  tally(): Readonly<Record<string, number>>;
}

/** A broken promise, with the octets that did it. */
export class Broken extends Error {
  constructor(promise: string, ...octets: readonly Uint8Array[]) {
    super([promise, ...octets.map((part) => Buffer.from(part).toString('hex'))].join('\n'));
  }
}
