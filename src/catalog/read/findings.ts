/** What is wrong with one object, gathered while it is read. */
import type { Problem } from '../../kube/problem.ts';

/** A slice can hold a thousand bad addresses; its owner needs the first few and their number. */
const MOST = 10;

/** Problems of one object, in the order in which they were found; past the tenth only their number. */
export class Findings {
  readonly #about: Pick<Problem, 'object' | 'origin'>;
  readonly #problems: Problem[] = [];
  #left = 0;

  /** `origin` as in Problem. */
  constructor(object: Problem['object'], origin?: string) {
    const { kind, namespace, name } = object;
    // The record itself must not be kept alive by its problems.
    this.#about = { object: { kind, namespace, name }, ...(origin === undefined ? {} : { origin }) };
  }

  add(field: string, message: string): void {
    if (this.#problems.length < MOST) this.#problems.push({ ...this.#about, field, message });
    else this.#left += 1;
  }

  all(): readonly Problem[] {
    if (this.#left === 0) return this.#problems;
    return [...this.#problems, { ...this.#about, field: '', message: `${this.#left} more like these` }];
  }
}

/** A text as a message shows it: quoted, so that blanks and control characters are seen, and never long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
