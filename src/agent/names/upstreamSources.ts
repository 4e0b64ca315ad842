/** How upstream DNS servers are found on this machine. */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { SourceHost } from '../../dns/forward/upstreams/sources.ts';
import { localAddresses } from '../../host/interfaces.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';

/**
 * `own` are the addresses that this agent answers on. `ofCluster` gives the addresses of a name of the cluster, which the
 * node's own resolver does not know; `undefined` for other names.
 */
export function upstreamSources(
  own: () => readonly SocketAddress[],
  ofCluster: (name: string) => readonly string[] | undefined = () => undefined,
): SourceHost {
  return {
    readText: (path) => readFile(path, 'utf8'),
    lookUp: async (name) => {
      const found = ofCluster(name) ?? (await lookup(name, { all: true })).map(({ address }) => address);
      if (found.length === 0) throw new Error('the cluster has no address for it yet');
      return found;
    },
    own,
    local: localAddresses,
  };
}
