/** What is wrong with each object: in itself, and between a Service and others. */
import type { Problem } from '../../kube/problem.ts';
import { same } from './same.ts';

const SERVICE = 'Service ';

export class ProblemTable {
  /** By object, as `describeObject` writes it. */
  readonly #own = new Map<string, readonly Problem[]>();
  /** By key of the Service. */
  readonly #between = new Map<string, readonly Problem[]>();
  readonly #touched = new Set<string>();

  /** What reading the object found; replaces what was found in its version before. */
  found(object: string, problems: readonly Problem[]): void {
    if (problems.length > 0) this.#own.set(object, problems);
    else if (!this.#own.delete(object)) return;
    this.#touched.add(object);
  }

  /** What a Service has with other objects: it can begin and end without the Service being told again. */
  between(serviceKey: string, problems: readonly Problem[]): void {
    if (problems.length > 0) this.#between.set(serviceKey, problems);
    else if (!this.#between.delete(serviceKey)) return;
    this.#touched.add(SERVICE + serviceKey);
  }

  /** Brings the map up to date; returns the objects where it differs. */
  publish(published: Map<string, readonly Problem[]>): Set<string> {
    const changed = new Set<string>();
    for (const object of this.#touched) {
      const problems = this.#of(object);
      if (same(problems, published.get(object) ?? [])) continue;
      if (problems.length === 0) published.delete(object);
      else published.set(object, problems);
      changed.add(object);
    }
    this.#touched.clear();
    return changed;
  }

  #of(object: string): readonly Problem[] {
    const between = object.startsWith(SERVICE) ? this.#between.get(object.slice(SERVICE.length)) : undefined;
    return [...(this.#own.get(object) ?? []), ...(between ?? [])];
  }
}
