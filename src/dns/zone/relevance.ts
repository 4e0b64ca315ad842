/** Whether a Service's change shows in DNS. What does not must neither move the serial nor drop an answer. */
import type { EndpointGroup } from '../../catalog/endpoint.ts';
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Service } from '../../catalog/service.ts';

export function sameInDns(a: ServiceEntry | undefined, b: ServiceEntry | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return sameService(a.service, b.service) && sameGroups(a.groups, b.groups);
}

function sameService(a: Service, b: Service): boolean {
  return (
    (a.type === 'ExternalName') === (b.type === 'ExternalName') &&
    a.headless === b.headless &&
    a.externalName === b.externalName &&
    sameList(a.clusterIPs, b.clusterIPs, (x, y) => x === y) &&
    sameList(a.ports, b.ports, samePort)
  );
}

interface Port {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

function samePort(a: Port, b: Port): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port;
}

function sameGroups(a: readonly EndpointGroup[], b: readonly EndpointGroup[]): boolean {
  return sameList(a.filter(hasReady), b.filter(hasReady), sameGroup);
}

function hasReady(group: EndpointGroup): boolean {
  return group.endpoints.some((endpoint) => endpoint.ready);
}

function sameGroup(a: EndpointGroup, b: EndpointGroup): boolean {
  if (a === b) return true;
  const ready = (group: EndpointGroup) => group.endpoints.filter((endpoint) => endpoint.ready);
  return (
    sameList(a.ports, b.ports, samePort) &&
    sameList(ready(a), ready(b), (x, y) => x.address === y.address && x.hostname === y.hostname)
  );
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i] ?? item));
}
