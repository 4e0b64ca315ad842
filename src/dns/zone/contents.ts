/** What the zone is made of: Services, taken over from pictures one change set at a time. */
import type { EndpointGroup } from '../../catalog/endpoint.ts';
import type { ChangeSet, Picture, ServiceEntry } from '../../catalog/picture.ts';
import { AddressOwners } from './addressOwners.ts';
import { sameInDns } from './relevance.ts';

/** Told of each Service key, each namespace, and each address for its reverse name, whose answers no longer hold. */
export type StaleListener = (keeper: string) => void;

export class Contents {
  /** Those whose namespace exists, by `namespace/name`. */
  readonly services: Map<string, ServiceEntry> = new Map();
  readonly namespaces: Set<string> = new Set();
  readonly clusterIPs: AddressOwners = new AddressOwners();
  readonly endpoints: AddressOwners = new AddressOwners();
  #picture: Picture = NOTHING;

  get picture(): Picture {
    return this.#picture;
  }

  /** Takes the picture over; `undefined` compares all of it. Returns whether anything differs in DNS. */
  update(picture: Picture, changes: ChangeSet | undefined, stale: StaleListener): boolean {
    this.#picture = picture;
    const namespaces = this.#updateNamespaces(picture, changes?.namespaces, stale);
    let differs = false;
    for (const key of this.#candidates(picture, changes?.services, namespaces)) {
      const before = this.services.get(key);
      const entry = picture.services.get(key);
      const after = this.namespaces.has(namespaceOf(key)) ? entry : undefined;
      if (!sameInDns(before, after)) {
        differs = true;
        stale(key);
        if (before === undefined && after !== undefined) this.#enter(key, after, stale);
        else {
          this.#move(this.clusterIPs, key, clusterIPsOf(before), clusterIPsOf(after), stale);
          this.#move(this.endpoints, key, readyNames(before), readyNames(after), stale);
        }
      }
      if (after === undefined) this.services.delete(key);
      else this.services.set(key, after);
    }
    return differs;
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

  /** As `#move` from nothing, without the maps: at the start every Service comes this way. */
  #enter(key: string, entry: ServiceEntry, stale: StaleListener): void {
    for (const address of entry.service.clusterIPs) {
      this.clusterIPs.add(address, key);
      stale(address);
    }
    for (const group of groupsOf(entry)) {
      for (const { ready, address } of group.endpoints) {
        if (!ready) continue;
        this.endpoints.add(address, key);
        stale(address);
      }
    }
  }

  #move(owners: AddressOwners, key: string, before: Names, after: Names, stale: StaleListener): void {
    for (const address of before.keys()) {
      if (after.has(address)) continue;
      owners.remove(address, key);
      stale(address);
    }
    for (const [address, name] of after) {
      if (before.get(address) === name) continue;
      owners.add(address, key);
      stale(address);
    }
  }
}

/** What each address of a Service is called in PTR records. */
type Names = ReadonlyMap<string, string>;

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function clusterIPsOf(entry: ServiceEntry | undefined): Names {
  return new Map(entry?.service.clusterIPs.map((address) => [address, '']));
}

/** An ExternalName's slices, which only a user can make, are nobody's endpoints. */
function groupsOf(entry: ServiceEntry | undefined): readonly EndpointGroup[] {
  return entry === undefined || entry.service.type === 'ExternalName' ? [] : entry.groups;
}

/** Hostnames by ready address; an address may have several, from several slices. */
function readyNames(entry: ServiceEntry | undefined): Names {
  const names = new Map<string, string>();
  for (const group of groupsOf(entry)) {
    for (const { ready, address, hostname } of group.endpoints) {
      if (!ready) continue;
      const known = names.get(address);
      names.set(address, known === undefined ? hostname : `${known} ${hostname}`);
    }
  }
  return names;
}

const NOTHING: Picture = {
  services: new Map(),
  namespaces: new Set(),
  node: undefined,
  pods: new Map(),
  problems: new Map(),
  synced: false,
};
