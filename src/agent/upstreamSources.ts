/** How upstream DNS servers are found on this machine. */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { SourceHost } from '../dns/forward/sources.ts';
import type { SocketAddress } from '../dns/settings.ts';
import { localAddresses } from '../host/interfaces.ts';

/** `own` are the addresses that this agent answers on. */
export function upstreamSources(own: () => readonly SocketAddress[]): SourceHost {
  return {
    readText: (path) => readFile(path, 'utf8'),
    lookUp: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    own,
    local: localAddresses,
  };
}
