/** Where to listen, when every address of a family is wanted: at each one of them. */
import type { SocketAddress } from '../../net/socketAddress.ts';

/** Every address of its family is meant. */
export function isWildcard({ address }: SocketAddress): boolean {
  return address === '0.0.0.0' || address === '::';
}

/**
 * The places with a wildcard taken apart. A reply through a wildcard socket leaves from the address that the route
 * prefers, and resolvers that asked another one do not hear it. `local` are the node's addresses; those in `own` are
 * answered otherwise. Link-local IPv6 addresses mean nothing without their link.
 */
export function listenPlaces(
  places: readonly SocketAddress[],
  local: readonly string[],
  own: readonly string[],
): SocketAddress[] {
  return places.flatMap((place) => {
    if (!isWildcard(place)) return [place];
    const six = place.address === '::';
    const found = local.filter((address) => address.includes(':') === six && !/^fe[89ab]/.test(address));
    return found
      .filter((address) => !own.includes(address))
      .map((address) => ({ address, port: place.port }));
  });
}
