/** The ConfigMap of kube-dns, which the node-local cache reads too: `stubDomains` and `upstreamNameservers`. */
import type { ForwardZone, UpstreamSource } from '../dns/settings.ts';
import { messageOf } from '../errors/caught.ts';
import { parseSocketAddress } from '../net/socketAddress.ts';
import type { ConfigText } from './corefile/expand.ts';
import type { Ground } from './corefile/reading.ts';
import type { ReadConfiguration, Remark } from './dnsConfiguration.ts';
import { isMapping } from './mapping.ts';
import { type Place, UnusableConfig } from './place.ts';
import { domain, INVALID } from './tables/readers.ts';

const DNS_PORT = 53;
/** As many as resolv.conf(5) allows, which is where they stood in for. */
const MAX_UPSTREAMS = 3;

export const KUBE_DNS_KEYS = ['stubDomains', 'upstreamNameservers', 'federations'] as const;

export type KubeDnsTexts = Readonly<Partial<Record<(typeof KUBE_DNS_KEYS)[number], ConfigText>>>;

/**
 * What the keys say, and for the rest the ground. One bad key makes all of them unusable, as it does for kube-dns.
 * @throws UnusableConfig
 */
export function readKubeDns(texts: KubeDnsTexts, ground: Ground): ReadConfiguration {
  const { configuration, options } = ground;
  const { stubDomains, upstreamNameservers, federations } = withoutEmpty(texts);
  const zones = new Map(configuration.forwarding.zones.map((zone) => [zone.domain, zone]));
  const add = (name: string, upstreams: readonly UpstreamSource[]): void => {
    const zone: ForwardZone = { ...options, ...zones.get(name), domain: name, except: [], upstreams };
    zones.set(name, zone);
  };
  const upstreams = upstreamNameservers === undefined ? [] : readUpstreams(upstreamNameservers);
  if (upstreams.length > 0) add('', upstreams);
  if (stubDomains !== undefined)
    for (const [name, servers] of readStubDomains(stubDomains)) add(name, servers);
  const remarks: Remark[] = [];
  if (federations !== undefined) {
    remarks.push({ ...whole(federations), level: 'warning', message: 'federations are not offered' });
  }
  const forwarding = { ...configuration.forwarding, zones: [...zones.values()] };
  return { configuration: { ...configuration, forwarding }, remarks };
}

function readStubDomains(source: ConfigText): [string, UpstreamSource[]][] {
  const given = parseJson(source);
  if (!isMapping(given)) throw new UnusableConfig(whole(source), 'is no JSON object of domains');
  return Object.entries(given).map(([name, servers]) => {
    const zone = domain.read(name);
    if (zone === INVALID) throw new UnusableConfig(whole(source), `${JSON.stringify(name)} is no domain`);
    if (!Array.isArray(servers) || servers.length === 0) {
      throw new UnusableConfig(whole(source), `${name}: expected a list of servers`);
    }
    return [zone, servers.map((server: unknown) => readServer(server, source))];
  });
}

function readUpstreams(source: ConfigText): UpstreamSource[] {
  const given = parseJson(source);
  if (!Array.isArray(given)) throw new UnusableConfig(whole(source), 'is no JSON list of servers');
  if (given.length > MAX_UPSTREAMS) {
    throw new UnusableConfig(whole(source), `has ${given.length} servers: ${MAX_UPSTREAMS} are allowed`);
  }
  return given.map((server: unknown) => readServer(server, source, true));
}

/** An upstream server must be an address; a stub domain's may be a name. */
function readServer(given: unknown, source: ConfigText, addressOnly = false): UpstreamSource {
  const text = typeof given === 'string' ? given : '';
  const address = parseSocketAddress(text, DNS_PORT);
  if (address !== undefined) return address;
  const [, host = '', port] = /^([a-z0-9][-a-z0-9.]*?)\.?(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (addressOnly || host === '' || /^[\d.]+$/.test(host)) {
    throw new UnusableConfig(whole(source), `${JSON.stringify(given)} is no server`);
  }
  return { host: host.toLowerCase(), port: port === undefined ? DNS_PORT : Number(port) };
}

function parseJson(source: ConfigText): unknown {
  try {
    return JSON.parse(source.text);
  } catch (error) {
    throw new UnusableConfig(whole(source), messageOf(error));
  }
}

/** A key without a value says nothing. */
function withoutEmpty(texts: KubeDnsTexts): KubeDnsTexts {
  return Object.fromEntries(Object.entries(texts).filter(([, { text }]) => text.trim() !== ''));
}

function whole({ file }: ConfigText): Place {
  return { file, line: 0 };
}
