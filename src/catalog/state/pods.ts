/** Running pods by address. */
import type { PodRecord } from '../../kube/records.ts';
import { canonicalIP } from '../../net/ip.ts';
import type { PodEntry } from '../picture.ts';
import { same } from './same.ts';

export class PodTable {
  readonly #addressesOf = new Map<string, readonly string[]>();
  /** Several for a moment, when an address is used again; in byte order of their keys. */
  readonly #at = new Map<string, readonly PodEntry[]>();
  readonly #touched = new Set<string>();

  put(record: PodRecord): void {
    this.remove(keyOf(record));
    // A pod on the host's network has its node's address, and an ended one has lost its own.
    if (record.hostNetwork || record.ended) return;
    const addresses = record.ips.flatMap((ip) => canonicalIP(ip) ?? []);
    const { namespace, name, clusterSearch } = record;
    const entry = { namespace, name, clusterSearch };
    this.#addressesOf.set(keyOf(record), addresses);
    for (const address of addresses) this.#replace(address, [...this.#others(address, keyOf(record)), entry]);
  }

  remove(key: string): void {
    for (const address of this.#addressesOf.get(key) ?? [])
      this.#replace(address, this.#others(address, key));
    this.#addressesOf.delete(key);
  }

  /** Brings the map up to date; returns the addresses where it differs. */
  publish(published: Map<string, PodEntry>): Set<string> {
    const changed = new Set<string>();
    for (const address of this.#touched) {
      const [first, ...others] = this.#at.get(address) ?? [];
      const entry = first && others.length > 0 ? { ...first, clusterSearch: false } : first;
      if (same(entry, published.get(address))) continue;
      if (entry === undefined) published.delete(address);
      else published.set(address, entry);
      changed.add(address);
    }
    this.#touched.clear();
    return changed;
  }

  #others(address: string, key: string): readonly PodEntry[] {
    return (this.#at.get(address) ?? []).filter((entry) => keyOf(entry) !== key);
  }

  #replace(address: string, entries: readonly PodEntry[]): void {
    this.#touched.add(address);
    if (entries.length === 0) this.#at.delete(address);
    else
      this.#at.set(
        address,
        [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      );
  }
}

function keyOf(pod: Pick<PodEntry, 'namespace' | 'name'>): string {
  return `${pod.namespace}/${pod.name}`;
}
