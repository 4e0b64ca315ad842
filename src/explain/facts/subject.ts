/** Which Service is meant, by whatever somebody has in hand: its name, its DNS name, an address, a port of nodes. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { Service, ServicePort } from '../../catalog/service.ts';
import type { Asked } from './asked.ts';

export type Entrance = 'clusterIP' | 'externalIP' | 'loadBalancer' | 'nodePort';

export interface ServiceSubject {
  readonly kind: 'service';
  readonly entry: ServiceEntry;
  /** Which of its ports are meant, as `portId` writes them. */
  readonly ports: readonly string[];
  /** The one way in that was asked about; `undefined`: all of them. A NodePort's address may be empty: any. */
  readonly entrance: { readonly kind: Entrance; readonly address: string } | undefined;
  /** DNS name that was asked about, in full; empty: the Service's own. */
  readonly name: string;
  /** Address of an endpoint, if that was asked about. */
  readonly endpoint: string;
}

export type Subject =
  | ServiceSubject
  | {
      readonly kind: 'missing';
      readonly namespace: string;
      readonly name: string;
      readonly namespaceExists: boolean;
      /** Keys of Services of that name in other namespaces. */
      readonly elsewhere: readonly string[];
    }
  | { readonly kind: 'noPort'; readonly entry: ServiceEntry; readonly port: string }
  /** No Service has the address, or the NodePort. `pod` has the address, `namespace/name`, if one is known to. */
  | { readonly kind: 'nobody'; readonly what: string; readonly pod: string }
  /** No name of a Service: outside the cluster's domain, or of no kind that leads to one. */
  | { readonly kind: 'otherName'; readonly name: string; readonly inDomain: boolean }
  /** A name of one label, that Services of several namespaces have. */
  | { readonly kind: 'ambiguous'; readonly name: string; readonly keys: readonly string[] };

export interface Cluster {
  readonly picture: Picture;
  readonly clusterDomain: string;
  /** Addresses at which NodePorts are asked for: this node's, and whatever it has beside those. */
  readonly nodeAddresses: readonly string[];
}

export function findSubject(asked: Asked, cluster: Cluster): Subject {
  switch (asked.kind) {
    case 'service':
      return byKey(asked.namespace, asked.name, asked.port, '', cluster);
    case 'name':
      return byName(asked.name, asked.port, cluster);
    case 'address':
      return byAddress(asked.address, asked.port, cluster);
    case 'nodePort':
      return byNodePort(asked.port, '', cluster);
    default:
      return asked satisfies never;
  }
}

function byKey(namespace: string, name: string, port: string, dnsName: string, cluster: Cluster): Subject {
  const { services, namespaces } = cluster.picture;
  const entry = services.get(`${namespace}/${name}`);
  if (entry === undefined) {
    const elsewhere = keysNamed(name, services).filter((key) => key !== `${namespace}/${name}`);
    return { kind: 'missing', namespace, name, namespaceExists: namespaces.has(namespace), elsewhere };
  }
  const ports = entry.service.ports.filter((one) => port === '' || isCalled(one, port));
  if (ports.length === 0 && port !== '') return { kind: 'noPort', entry, port };
  return service(entry, ports, { name: dnsName });
}

/** `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`, and names below these. */
function byName(name: string, port: string, cluster: Cluster): Subject {
  const { clusterDomain, picture } = cluster;
  const inDomain = name === clusterDomain || name.endsWith(`.${clusterDomain}`);
  const relative = inDomain ? name.slice(0, -clusterDomain.length - 1) : name;
  const labels = relative.split('.');
  const svc = labels.lastIndexOf('svc');
  if (svc === labels.length - 1 && svc >= 2) {
    const [below, [own = '', namespace = '']] = [labels.slice(0, svc - 2), labels.slice(svc - 2)];
    const full = below.length === 0 ? '' : `${relative}.${clusterDomain}`;
    const [named = ''] = below;
    const asked = below.length === 2 && named.startsWith('_') && port === '' ? named.slice(1) : port;
    return byKey(namespace, own, asked, full, cluster);
  }
  const [own = '', namespace] = labels;
  if (inDomain || labels.length > 2) return { kind: 'otherName', name, inDomain };
  if (namespace !== undefined) {
    // Two labels may be any name of the internet.
    const known = picture.services.has(`${namespace}/${own}`);
    if (!known && !picture.namespaces.has(namespace)) return { kind: 'otherName', name, inDomain };
    return byKey(namespace, own, port, '', cluster);
  }
  const keys = keysNamed(own, picture.services);
  const [only, another] = keys;
  if (only === undefined) {
    return { kind: 'missing', namespace: '', name: own, namespaceExists: true, elsewhere: [] };
  }
  if (another !== undefined) return { kind: 'ambiguous', name: own, keys };
  return byKey(only.slice(0, only.indexOf('/')), own, port, '', cluster);
}

function byAddress(address: string, port: number, cluster: Cluster): Subject {
  const endpointOf: ServiceEntry[] = [];
  for (const entry of cluster.picture.services.values()) {
    const kind = entranceOf(entry.service, address);
    if (kind !== undefined) {
      const ports = entry.service.ports.filter((one) => port === 0 || one.port === port);
      if (ports.length === 0) return { kind: 'noPort', entry, port: String(port) };
      return service(entry, ports, { entrance: { kind, address } });
    }
    const isEndpoint = entry.groups.some((group) => group.endpoints.some((one) => one.address === address));
    if (isEndpoint) endpointOf.push(entry);
  }
  if (cluster.nodeAddresses.includes(address) && port !== 0) {
    const found = byNodePort(port, address, cluster);
    if (found.kind === 'service') return found;
  }
  const entry = endpointOf.find((one) => hasEndpointPort(one, address, port)) ?? endpointOf[0];
  if (entry !== undefined) return service(entry, entry.service.ports, { endpoint: address });
  const pod = cluster.picture.pods.get(address);
  const what = port === 0 ? address : `${address} port ${port}`;
  return { kind: 'nobody', what, pod: pod === undefined ? '' : `${pod.namespace}/${pod.name}` };
}

function byNodePort(port: number, address: string, { picture }: Cluster): Subject {
  for (const entry of picture.services.values()) {
    const ports = entry.service.ports.filter(({ nodePort }) => nodePort === port);
    if (ports.length > 0) return service(entry, ports, { entrance: { kind: 'nodePort', address } });
  }
  return { kind: 'nobody', what: `nodePort ${port}`, pod: '' };
}

function service(
  entry: ServiceEntry,
  ports: readonly ServicePort[],
  more: Partial<Pick<ServiceSubject, 'entrance' | 'name' | 'endpoint'>>,
): Subject {
  const { entrance, name = '', endpoint = '' } = more;
  return { kind: 'service', entry, ports: ports.map(portId), entrance, name, endpoint };
}

/** A port of a Service is its name with its protocol: two may have one number. */
export function portId({ name, protocol }: Pick<ServicePort, 'name' | 'protocol'>): string {
  return `${name}/${protocol}`;
}

function isCalled({ name, port }: ServicePort, text: string): boolean {
  return name === text || String(port) === text;
}

function entranceOf(
  { clusterIPs, externalIPs, loadBalancerVIPs }: Service,
  address: string,
): Entrance | undefined {
  if (clusterIPs.includes(address)) return 'clusterIP';
  if (externalIPs.includes(address)) return 'externalIP';
  return loadBalancerVIPs.includes(address) ? 'loadBalancer' : undefined;
}

function hasEndpointPort({ groups }: ServiceEntry, address: string, port: number): boolean {
  return groups.some(
    (group) =>
      group.ports.some((one) => one.port === port) && group.endpoints.some((one) => one.address === address),
  );
}

function keysNamed(name: string, services: Picture['services']): readonly string[] {
  return [...services.keys()].filter((key) => key.endsWith(`/${name}`)).sort();
}
