/** What the zone is made of: Services, taken over from pictures one change set at a time. */
import { type ChangeSet, emptyPicture, type Picture, type ServiceEntry } from '../../catalog/picture.ts';
import { AddressIndex } from './addressIndex.ts';
import { sameInDns } from './relevance.ts';

/**
 * Told of each Service key, each namespace, and each address for its reverse name, whose answers no longer hold;
 * `undefined` when none does.
 */
export type StaleListener = (keeper: string | undefined) => void;

/** Services of one change that are taken over with their addresses, at once: some 5 ms. */
const AT_ONCE = 512;

export class Contents {
  /** Those whose namespace exists, by `namespace/name`. */
  readonly services: Map<string, ServiceEntry> = new Map();
  readonly namespaces: Set<string> = new Set();
  readonly addresses: AddressIndex = new AddressIndex();
  #picture: Picture = emptyPicture();

  get picture(): Picture {
    return this.#picture;
  }

  /**
   * Takes the picture over; `undefined` compares all of it. From now on answers are the new picture's; what a large
   * change leaves to `addresses.work` only makes them quicker. Returns whether anything differs in DNS.
   */
  update(picture: Picture, changes: ChangeSet | undefined, stale: StaleListener): boolean {
    this.#picture = picture;
    const namespaces = this.#updateNamespaces(picture, changes?.namespaces, stale);
    const different: string[] = [];
    for (const key of this.#candidates(picture, changes?.services, namespaces)) {
      const after = this.#entryIn(picture, key);
      if (!sameInDns(this.services.get(key), after)) different.push(key);
      // The same to clients; but only the picture's own entry can be let go of with the picture.
      else if (after !== undefined) this.services.set(key, after);
    }
    const large = different.length > AT_ONCE;
    if (large) stale(undefined);
    for (const key of different) {
      const before = this.services.get(key);
      const after = this.#entryIn(picture, key);
      if (after === undefined) this.services.delete(key);
      else this.services.set(key, after);
      if (large) this.addresses.postpone(key, before, after);
      else {
        stale(key);
        this.addresses.change(key, before, after, stale);
      }
    }
    return different.length > 0;
  }

  #entryIn(picture: Picture, key: string): ServiceEntry | undefined {
    return this.namespaces.has(namespaceOf(key)) ? picture.services.get(key) : undefined;
  }

  #updateNamespaces(
    picture: Picture,
    changed: ReadonlySet<string> | undefined,
    stale: StaleListener,
  ): ReadonlySet<string> {
    const names = changed ?? new Set([...this.namespaces, ...picture.namespaces]);
    const different = new Set([...names].filter((n) => this.namespaces.has(n) !== picture.namespaces.has(n)));
    for (const name of different) {
      stale(name);
      if (picture.namespaces.has(name)) this.namespaces.add(name);
      else this.namespaces.delete(name);
    }
    return different;
  }

  #candidates(
    picture: Picture,
    changed: ReadonlySet<string> | undefined,
    namespaces: ReadonlySet<string>,
  ): ReadonlySet<string> {
    if (changed !== undefined && namespaces.size === 0) return changed;
    const keys = new Set(changed);
    for (const services of [this.services, picture.services]) {
      for (const key of services.keys()) {
        if (changed === undefined || namespaces.has(namespaceOf(key))) keys.add(key);
      }
    }
    return keys;
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
