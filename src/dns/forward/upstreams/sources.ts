/** What the sources of servers come to: addresses as they are, the nameservers of a file, the addresses of a name. */
import { messageOf } from '../../../errors/caught.ts';
import { canonicalIP } from '../../../net/ip.ts';
import { type DnsServer, formatDnsServer } from '../../../net/dnsServer.ts';
import type { SocketAddress } from '../../../net/socketAddress.ts';
import type { UpstreamSource } from '../../settings.ts';
import { parseResolvConf, withoutOwn } from './resolvConf.ts';

/** The machine, as far as servers are found through it. Both reject with the system's error. */
export interface SourceHost {
  readText(path: string): Promise<string>;
  /** Addresses of a name, as the node resolves it. */
  lookUp(name: string): Promise<readonly string[]>;
  /** Addresses that this agent answers on: asking them would be asking ourselves. */
  own(): readonly SocketAddress[];
  /** All addresses of the node. */
  local(): Promise<readonly string[]>;
}

export interface FoundServers {
  readonly servers: readonly DnsServer[];
  readonly problems: readonly string[];
}

export class Sources {
  readonly #host: SourceHost;
  /** What each source last came to: a file that cannot be read now, or a name, keeps its servers. */
  readonly #last = new Map<string, readonly DnsServer[]>();

  constructor(host: SourceHost) {
    this.#host = host;
  }

  /** Each server once. Never rejects. */
  async find(sources: readonly UpstreamSource[]): Promise<FoundServers> {
    const problems: string[] = [];
    const found: DnsServer[] = [];
    for (const source of sources) {
      try {
        const servers = await this.#read(source);
        this.#last.set(keyOf(source), servers);
        found.push(...servers);
      } catch (error) {
        const known = this.#last.get(keyOf(source));
        const meanwhile =
          known === undefined ? '; no server of it is known: SERVFAIL until there is one' : '';
        problems.push(`${keyOf(source)}: ${messageOf(error)}${meanwhile}`);
        found.push(...(known ?? []));
      }
    }
    const foreign = withoutOwn(found, this.#host.own(), await this.#host.local().catch(() => []));
    for (const server of found) {
      if (!foreign.includes(server)) {
        problems.push(`upstream server ${formatDnsServer(server)} is this agent itself: not asked`);
      }
    }
    const distinct = new Map(foreign.map((server) => [formatDnsServer(server), server]));
    return { servers: [...distinct.values()], problems: [...new Set(problems)] };
  }

  async #read(source: UpstreamSource): Promise<readonly DnsServer[]> {
    if ('address' in source) return [source];
    if ('file' in source) {
      const servers = parseResolvConf(await this.#host.readText(source.file));
      if (servers.length === 0) throw new Error('no usable nameserver there');
      return servers;
    }
    const addresses = (await this.#host.lookUp(source.host)).flatMap((text) => canonicalIP(text) ?? []);
    const { port, tls } = source;
    return addresses.sort().map((address) => ({ address, port, ...(tls === undefined ? {} : { tls }) }));
  }
}

function keyOf(source: UpstreamSource): string {
  if ('file' in source) return source.file;
  if ('address' in source) return formatDnsServer(source);
  return source.tls === undefined ? source.host : `tls://${source.host}`;
}
