/** Which addresses the node's names are answered on. */
import type { Picture } from '../catalog/picture.ts';
import type { SocketAddress } from '../dns/settings.ts';
import { FAMILIES, familyOf } from '../net/ip.ts';
import type { WantedAddresses } from './dnsEdge.ts';

/** Where other nodes' agents and plain Service rules reach this node's: port 53 of the node may be a local resolver's. */
const NODE_PORT = 10_053;

export interface DnsPlaces {
  /** Empty: the node's own addresses. */
  readonly listen: readonly SocketAddress[];
  /** `namespace/name` */
  readonly dnsService: string;
}

/** The first address of each family of the Node object, or what was set, and the DNS Service's clusterIPs. */
export function dnsAddresses(picture: Picture, { listen, dnsService }: DnsPlaces): WantedAddresses {
  return {
    listen:
      listen.length > 0 ? listen : nodeAddresses(picture).map((address) => ({ address, port: NODE_PORT })),
    clusterIPs: picture.services.get(dnsService)?.service.clusterIPs ?? [],
  };
}

function nodeAddresses({ node }: Picture): string[] {
  return FAMILIES.flatMap((family) => node?.addresses.find((address) => familyOf(address) === family) ?? []);
}
