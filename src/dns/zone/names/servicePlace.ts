/** Names at and below `svc.ns.svc`. */
import type { ServiceEntry } from '../../../catalog/picture.ts';
import type { Service } from '../../../catalog/service.ts';
import { isIP } from 'node:net';
import type { EndpointNames, NamedEndpoint } from './endpoints.ts';
import { absent, EMPTY, type Host, type Place } from './place.ts';

interface PortFilter {
  /** Empty matches any. */
  readonly name: string;
  readonly protocol: string;
}

const ANY_PORT: PortFilter = { name: '', protocol: '' };

/** `labels` are those left of the Service's name, the leftmost first: none, an endpoint, or a port and protocol. */
export function servicePlace(entry: ServiceEntry, labels: readonly string[], names: EndpointNames): Place {
  const { service } = entry;
  if (service.type === 'ExternalName') return aliasPlace(entry, labels);
  const [first, second] = labels;
  if (labels.length > 2) return absent(`${service.key} has no such name`, service.key);
  if (first !== undefined && second !== undefined) {
    const filter = { name: unprefixed(first), protocol: unprefixed(second) };
    return hostsPlace(entry, filter, names) ?? absentBelow(entry, names, 'no such port');
  }
  if (first === undefined) return hostsPlace(entry, ANY_PORT, names) ?? absentBelow(entry, names, '');
  const endpoints = names.labelled(entry, first);
  if (endpoints.length > 0) {
    return { kind: 'hosts', entry, hosts: endpointHosts(service, endpoints, ANY_PORT), lasting: false };
  }
  // RFC 8020: what has `_http` below it exists, even where older servers deny it.
  const protocol = { name: '', protocol: unprefixed(first) };
  const holdsPorts = first.startsWith('_') && hostsPlace(entry, protocol, names) !== undefined;
  return holdsPorts ? EMPTY : absentBelow(entry, names, 'no ready endpoint of that name');
}

function aliasPlace(entry: ServiceEntry, labels: readonly string[]): Place {
  const { key, externalName } = entry.service;
  if (labels.length > 0) return absent(`${key} is an ExternalName: nothing is below it`, key);
  // The API lets an address stand here, but means a DNS name made of digits, which nobody could resolve.
  if (isIP(externalName) !== 0) return absent(`${key}: externalName is an address, not a name`, key);
  return { kind: 'alias', entry };
}

function absentBelow(entry: ServiceEntry, names: EndpointNames, reason: string): Place {
  const { key, headless } = entry.service;
  const unready = headless && names.of(entry).length === 0;
  const why = unready ? `headless Service ${key} has no ready endpoint` : `Service ${key} has ${reason}`;
  return absent(why, key);
}

/** Where the Service's own name, or one of its ports, leads; `undefined` when to nothing. */
function hostsPlace(entry: ServiceEntry, filter: PortFilter, names: EndpointNames): Place | undefined {
  const { service } = entry;
  const portless = filter === ANY_PORT;
  if (service.headless) {
    const hosts = endpointHosts(service, names.of(entry), filter).filter(
      (host) => portless || host.ports.length > 0,
    );
    return hosts.length === 0 ? undefined : { kind: 'hosts', entry, hosts, lasting: false };
  }
  const ports = matching(service.ports, filter);
  if (ports.length === 0 && !portless) return undefined;
  const hosts = [{ name: baseName(service), addresses: service.clusterIPs, ports }];
  return { kind: 'hosts', entry, hosts, lasting: true };
}

function endpointHosts(service: Service, endpoints: readonly NamedEndpoint[], filter: PortFilter): Host[] {
  const base = baseName(service);
  return endpoints.map((endpoint) => ({
    name: `${endpoint.label}.${base}`,
    addresses: [endpoint.address],
    ports: matching(endpoint.ports, filter),
  }));
}

/** A slice port without a number means all ports: there is none to tell. */
function matching(
  ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[],
  filter: PortFilter,
): number[] {
  const found = ports.filter(
    (port) =>
      port.port !== 0 &&
      (filter.name === '' || port.name.toLowerCase() === filter.name) &&
      (filter.protocol === '' || port.protocol.toLowerCase() === filter.protocol),
  );
  return found.map((port) => port.port);
}

/** The underscore of `_http._tcp` is optional. */
function unprefixed(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}

/** The Service's name relative to the cluster domain. */
export function baseName(service: Pick<Service, 'namespace' | 'name'>): string {
  return `${service.name}.${service.namespace}.svc`;
}
