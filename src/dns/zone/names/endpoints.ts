/** The ready endpoints of a Service, under the names that its records give them. */
import type { Endpoint, EndpointPort } from '../../../catalog/endpoint.ts';
import type { ServiceEntry } from '../../../catalog/picture.ts';
import { familyOf } from '../../../net/ip.ts';

export interface NamedEndpoint {
  /** The label left of the Service's name. */
  readonly label: string;
  readonly address: string;
  readonly ports: readonly EndpointPort[];
}

/**
 * Every ready endpoint, an address under one name once: the same address may stand in several slices, with
 * other ports.
 *
 * `ready` alone decides: publishNotReadyAddresses is already in it, and what serves while terminating is for
 * routing to know.
 */
export function namedEndpoints(entry: ServiceEntry): readonly NamedEndpoint[] {
  const byName = new Map<string, NamedEndpoint>();
  for (const group of entry.groups) {
    for (const endpoint of group.endpoints) {
      if (!endpoint.ready) continue;
      const label = endpointLabel(endpoint);
      const id = `${label} ${endpoint.address}`;
      const known = byName.get(id);
      const ports = known === undefined ? group.ports : [...known.ports, ...group.ports];
      byName.set(id, { label, address: endpoint.address, ports });
    }
  }
  return [...byName.values()];
}

/** The hostname, else the address with dashes; a label must not end in a dash, so `2001:db8::` gets a zero. */
export function endpointLabel(endpoint: Pick<Endpoint, 'hostname' | 'address'>): string {
  if (endpoint.hostname !== '') return endpoint.hostname.toLowerCase();
  const dashed = endpoint.address.replaceAll(familyOf(endpoint.address) === 'IPv4' ? '.' : ':', '-');
  return dashed.endsWith('-') ? `${dashed}0` : dashed;
}

/** Named endpoints by Service entry, made on the first question about one; entries never change. */
export class EndpointNames {
  readonly #lists = new WeakMap<ServiceEntry, readonly NamedEndpoint[]>();
  readonly #byLabel = new WeakMap<ServiceEntry, ReadonlyMap<string, readonly NamedEndpoint[]>>();

  of(entry: ServiceEntry): readonly NamedEndpoint[] {
    let list = this.#lists.get(entry);
    if (list === undefined) {
      list = namedEndpoints(entry);
      this.#lists.set(entry, list);
    }
    return list;
  }

  /** Those called `label`: replicas may share a hostname. */
  labelled(entry: ServiceEntry, label: string): readonly NamedEndpoint[] {
    let map = this.#byLabel.get(entry);
    if (map === undefined) {
      map = Map.groupBy(this.of(entry), (endpoint) => endpoint.label);
      this.#byLabel.set(entry, map);
    }
    return map.get(label) ?? [];
  }
}
