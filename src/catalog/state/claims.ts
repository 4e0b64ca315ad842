/**
 * Who holds what only one Service can have: a clusterIP, a node port.
 *
 * The API server hands each out once, but objects that were restored, edited past it, or read from files can
 * claim the same twice. Who holds it keeps it, so that a new object never breaks a working Service; when it is
 * free, the first claimant in byte order gets it, which is the same one on every node.
 */
export class Claims {
  readonly #holder = new Map<string, string>();
  /** Claimants without success. Empty in a healthy cluster. */
  readonly #rivals = new Map<string, Set<string>>();
  readonly #touched = new Set<string>();

  /** Replaces what `key` claims. Nothing is handed out before `settle`. */
  change(key: string, before: readonly string[], after: readonly string[]): void {
    const kept = new Set(before);
    for (const resource of after) if (!kept.delete(resource)) this.#claim(key, resource);
    for (const resource of kept) this.#release(key, resource);
  }

  /** Whether nobody goes without what they claim. */
  get peaceful(): boolean {
    return this.#rivals.size === 0;
  }

  /**
   * Hands out what is free; with `anew`, also what is held, as if all claims had come at once. Adds everyone for
   * whom something may be different since to `affected`.
   */
  settle(anew: boolean, affected: Set<string>): void {
    for (const resource of this.#touched) {
      const rivals = this.#rivals.get(resource);
      if (rivals === undefined) continue;
      if (anew) this.#unseat(resource, rivals);
      if (!this.#holder.has(resource)) this.#promote(resource, rivals);
      const holder = this.#holder.get(resource);
      if (holder !== undefined) affected.add(holder);
      for (const rival of rivals) affected.add(rival);
      if (rivals.size === 0) this.#rivals.delete(resource);
    }
    this.#touched.clear();
  }

  holder(resource: string): string | undefined {
    return this.#holder.get(resource);
  }

  #claim(key: string, resource: string): void {
    const rivals = this.#rivals.get(resource) ?? new Set();
    this.#rivals.set(resource, rivals.add(key));
    this.#touched.add(resource);
  }

  #release(key: string, resource: string): void {
    if (this.#holder.get(resource) === key) this.#holder.delete(resource);
    else this.#rivals.get(resource)?.delete(key);
    this.#touched.add(resource);
  }

  #unseat(resource: string, rivals: Set<string>): void {
    const holder = this.#holder.get(resource);
    if (holder === undefined) return;
    this.#holder.delete(resource);
    rivals.add(holder);
  }

  #promote(resource: string, rivals: Set<string>): void {
    const first = [...rivals].reduce<string | undefined>(
      (least, key) => (least === undefined || key < least ? key : least),
      undefined,
    );
    if (first === undefined) return;
    rivals.delete(first);
    this.#holder.set(resource, first);
  }
}
