/** Which namespaces exist. */
export class NamespaceTable {
  readonly #told = new Set<string>();
  /** Usable Services in each namespace. */
  readonly #services = new Map<string, number>();
  readonly #touched = new Set<string>();
  #complete = false;

  add(name: string): void {
    this.#told.add(name);
    this.#touched.add(name);
  }

  remove(name: string): void {
    this.#told.delete(name);
    this.#touched.add(name);
  }

  /** All have been told: from now on one that was not told does not exist, whatever lives in it. */
  complete(): void {
    this.#complete = true;
    for (const name of this.#services.keys()) this.#touched.add(name);
  }

  /** A Service appeared in it (1), or is gone from it (-1). */
  count(name: string, change: 1 | -1): void {
    const services = (this.#services.get(name) ?? 0) + change;
    if (services === 0) this.#services.delete(name);
    else this.#services.set(name, services);
    this.#touched.add(name);
  }

  /** Brings the set up to date; returns the names that appeared or are gone. */
  publish(published: Set<string>): Set<string> {
    const changed = new Set<string>();
    for (const name of this.#touched) {
      const exists = this.#told.has(name) || (!this.#complete && this.#services.has(name));
      if (exists === published.has(name)) continue;
      if (exists) published.add(name);
      else published.delete(name);
      changed.add(name);
    }
    this.#touched.clear();
    return changed;
  }
}
