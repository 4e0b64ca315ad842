/** What the zone says of itself: its SOA, and who serves it. */
import type { ServiceEntry } from '../../../catalog/picture.ts';
import type { Rr, Soa } from '../../wire/record.ts';
import type { Contents } from '../contents.ts';
import { type EndpointNames } from '../names/endpoints.ts';
import { baseName } from '../names/servicePlace.ts';
import { addressRecord, type Found } from './records.ts';

export interface NameServer {
  /** Relative to the cluster domain. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/** The timers are those that secondary servers of cluster zones have always been told. */
export function soaOf(domain: string, serial: number, minimum: number): Soa {
  return {
    primary: `ns.dns.${domain}`,
    mailbox: `hostmaster.${domain}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum,
  };
}

/**
 * The DNS Service, or its endpoints when it is headless; `ns.dns` with the node's addresses when there is none.
 */
export function nameServers(contents: Contents, dnsService: string, names: EndpointNames): NameServer[] {
  const entry = contents.services.get(dnsService);
  const found = entry === undefined ? [] : serversOf(entry, names);
  return found.length > 0 ? found : [{ name: 'ns.dns', addresses: contents.picture.node?.addresses ?? [] }];
}

function serversOf(entry: ServiceEntry, names: EndpointNames): NameServer[] {
  const base = baseName(entry.service);
  if (!entry.service.headless) {
    const addresses = entry.service.clusterIPs;
    return addresses.length === 0 ? [] : [{ name: base, addresses }];
  }
  const byLabel = Map.groupBy(names.of(entry), (endpoint) => endpoint.label);
  return [...byLabel].map(([label, endpoints]) => ({
    name: `${label}.${base}`,
    addresses: endpoints.map((endpoint) => endpoint.address),
  }));
}

/** NS records with the servers' addresses beside them. */
export function nameServerRecords(
  owner: string,
  ttl: number,
  servers: readonly NameServer[],
  domain: string,
): Found {
  return {
    answers: servers.map(
      ({ name }): Rr => ({ owner, ttl, data: { type: 'NS', target: `${name}.${domain}` } }),
    ),
    additional: servers.flatMap(({ name, addresses }) =>
      addresses.map((address) => addressRecord(`${name}.${domain}`, ttl, address)),
    ),
  };
}
