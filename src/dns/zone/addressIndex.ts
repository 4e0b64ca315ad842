/** Which Services have an address: what PTR records are made from. */
import type { EndpointGroup } from '../../catalog/endpoint.ts';
import type { ServiceEntry } from '../../catalog/picture.ts';
import { AddressOwners } from './addressOwners.ts';

/** Services entered ahead of each question that meets an unfinished index: so a flood of them ends what is slow. */
const AHEAD = 256;

/** An entry of the index, and what it is to become. */
interface Waiting {
  readonly before: ServiceEntry | undefined;
  readonly after: ServiceEntry | undefined;
}

/**
 * To enter 10,000 Services with 50,000 endpoints takes longer than one turn of the event loop may. So a Service may
 * wait to be entered; until it is, it is looked through for each question, and answers are the same at any moment.
 */
export class AddressIndex {
  readonly #clusterIPs = new AddressOwners();
  readonly #endpoints = new AddressOwners();
  readonly #waiting = new Map<string, Waiting>();

  /** Services that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Services with this clusterIP, in byte order of their keys so that every agent says the same. */
  ofClusterIP(address: string): readonly string[] {
    return this.#of(this.#clusterIPs, address, (entry) => entry.service.clusterIPs.includes(address));
  }

  /** Services with a ready endpoint of this address, likewise. */
  ofEndpoint(address: string): readonly string[] {
    return this.#of(this.#endpoints, address, (entry) =>
      groupsOf(entry).some(({ endpoints }) => endpoints.some((one) => one.ready && one.address === address)),
    );
  }

  /** A Service is another one, or there no more. `stale` is told each address whose reverse name differs. */
  change(
    key: string,
    before: ServiceEntry | undefined,
    after: ServiceEntry | undefined,
    stale: (address: string) => void,
  ): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#enter(key, before, after, stale);
    else {
      this.#waiting.set(key, { before: waiting.before, after });
      for (const names of [clusterIPsOf, readyNames]) differences(names(before), names(after), stale, stale);
    }
  }

  /** As `change`, but for later, and told to nobody. */
  postpone(key: string, before: ServiceEntry | undefined, after: ServiceEntry | undefined): void {
    this.#waiting.set(key, { before: (this.#waiting.get(key) ?? { before }).before, after });
  }

  /** Enters those that wait, one after the other, for as long as `goOn`. Returns whether there are more. */
  work(goOn: () => boolean): boolean {
    for (const [key, { before, after }] of this.#waiting) {
      this.#waiting.delete(key);
      this.#enter(key, before, after, () => undefined);
      if (!goOn()) break;
    }
    return this.#waiting.size > 0;
  }

  #of(owners: AddressOwners, address: string, has: (entry: ServiceEntry) => boolean): readonly string[] {
    if (this.#waiting.size > 0) this.#workAhead();
    const known = owners.of(address);
    if (this.#waiting.size === 0) return known;
    const keys = known.filter((key) => !this.#waiting.has(key));
    for (const [key, { after }] of this.#waiting) if (after !== undefined && has(after)) keys.push(key);
    return keys.sort();
  }

  #workAhead(): void {
    let left = AHEAD;
    this.work(() => --left > 0);
  }

  #enter(
    key: string,
    before: ServiceEntry | undefined,
    after: ServiceEntry | undefined,
    stale: (address: string) => void,
  ): void {
    if (before === undefined && after !== undefined) this.#enterNew(key, after, stale);
    else {
      move(this.#clusterIPs, key, clusterIPsOf(before), clusterIPsOf(after), stale);
      move(this.#endpoints, key, readyNames(before), readyNames(after), stale);
    }
  }

  /** As `move` from nothing, without the maps: at the start every Service comes this way. */
  #enterNew(key: string, entry: ServiceEntry, stale: (address: string) => void): void {
    for (const address of entry.service.clusterIPs) {
      this.#clusterIPs.add(address, key);
      stale(address);
    }
    for (const group of groupsOf(entry)) {
      for (const { ready, address } of group.endpoints) {
        if (!ready) continue;
        this.#endpoints.add(address, key);
        stale(address);
      }
    }
  }
}

/** What each address of a Service is called in PTR records. */
type Names = ReadonlyMap<string, string>;

function move(
  owners: AddressOwners,
  key: string,
  before: Names,
  after: Names,
  stale: (address: string) => void,
): void {
  const gone = (address: string): void => {
    owners.remove(address, key);
    stale(address);
  };
  const come = (address: string): void => {
    owners.add(address, key);
    stale(address);
  };
  differences(before, after, gone, come);
}

/** `come` is also told of addresses that are called otherwise than before. */
function differences(
  before: Names,
  after: Names,
  gone: (address: string) => void,
  come: (address: string) => void,
): void {
  for (const address of before.keys()) if (!after.has(address)) gone(address);
  for (const [address, name] of after) if (before.get(address) !== name) come(address);
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
