/** Services by one kind of their addresses, in as little memory as that takes. */

export class AddressOwners {
  /** Nearly every address has one owner: the set is made only for those that have more. */
  readonly #owners = new Map<string, string | Set<string>>();

  add(address: string, key: string): void {
    const owners = this.#owners.get(address);
    if (owners === undefined) this.#owners.set(address, key);
    else if (typeof owners !== 'string') owners.add(key);
    else if (owners !== key) this.#owners.set(address, new Set([owners, key]));
  }

  remove(address: string, key: string): void {
    const owners = this.#owners.get(address);
    if (owners === key) this.#owners.delete(address);
    else if (owners !== undefined && typeof owners !== 'string') {
      owners.delete(key);
      if (owners.size === 0) this.#owners.delete(address);
    }
  }

  /** Keys of the Services, in byte order so that every agent says the same. */
  of(address: string): readonly string[] {
    const owners = this.#owners.get(address);
    if (owners === undefined) return [];
    return typeof owners === 'string' ? [owners] : [...owners].sort();
  }
}
