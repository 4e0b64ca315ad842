/** Which addresses the node's names are answered on. */
import type { Picture } from '../../catalog/picture.ts';
import { FAMILIES, familyOf } from '../../net/ip.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';
import type { WantedAddresses } from './dnsEdge.ts';

/** Where other nodes' agents and plain Service rules reach this node's: port 53 of the node may be a local resolver's. */
const NODE_PORT = 10_053;

export interface DnsPlaces {
  /** Empty: the node's own addresses. */
  readonly listen: readonly SocketAddress[];
  /** Of this node alone. */
  readonly nodeLocal: readonly string[];
  /** `namespace/name` */
  readonly dnsService: string;
}

/**
 * Where names are answered: at the first address of each family of the Node object, or where settings say; at the DNS
 * Service's clusterIPs; and at the addresses of this node alone.
 */
export function dnsAddresses(
  picture: Picture,
  { listen, nodeLocal, dnsService }: DnsPlaces,
): WantedAddresses {
  return {
    listen:
      listen.length > 0 ? listen : nodeAddresses(picture).map((address) => ({ address, port: NODE_PORT })),
    own: [...new Set([...(picture.services.get(dnsService)?.service.clusterIPs ?? []), ...nodeLocal])],
  };
}

function nodeAddresses({ node }: Picture): string[] {
  return FAMILIES.flatMap((family) => node?.addresses.find((address) => familyOf(address) === family) ?? []);
}
