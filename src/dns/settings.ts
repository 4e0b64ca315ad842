/** Settings of the DNS server, already parsed; see docs for what each means to an operator. */
import type { DnsServer, ServerTls } from '../net/dnsServer.ts';

export interface DnsSettings {
  /** Lower case, no trailing dot: `cluster.local`. */
  readonly clusterDomain: string;
  /** `namespace/name`: names the server itself in NS records. */
  readonly dnsService: string;
  /** Seconds. */
  readonly ttl: number;
  /** Seconds; also the SOA minimum of denials, so clients forget a denial of a name about to exist. */
  readonly negativeTtl: number;
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** Go through pods' search lists for them; what is given are the domains that the node adds to those lists. */
  readonly search?: readonly string[] | undefined;
}

/** When threads join replies to one client's socket into one packet: from four, from two, never. */
export const JOINING = ['auto', 'on', 'off'] as const;

export type Joining = (typeof JOINING)[number];

/** What is done with names that are not the cluster's. Replaced as a whole, also while names are answered. */
export interface ForwardSettings {
  /** Each domain once. The longest that a name is in takes it; a name that is in none is refused. */
  readonly zones: readonly ForwardZone[];
  /** Octets that the kept replies of all zones may take; 0 keeps none. */
  readonly cacheBytes: number;
  readonly queryLog: QueryLog;
}

export interface ForwardZone extends ZoneOptions {
  /** Lower case, no trailing dot; `''` is the root, which every name is in. */
  readonly domain: string;
  /** In the order in which `sequential` tries them. Empty refuses the zone's names. */
  readonly upstreams: readonly UpstreamSource[];
  /** Domains below whose names this zone does not take; the next shorter zone does. Written as `domain` is. */
  readonly except: readonly string[];
}

export interface ZoneOptions {
  readonly policy: ForwardPolicy;
  /** Queries that one server may owe us at a time, each a socket; for more the client is told SERVFAIL. */
  readonly maxConcurrent: number;
  /** Failures in a row after which a server is asked last; 0 never does that. */
  readonly maxFails: number;
  readonly forceTcp: boolean;
  readonly cache: CacheSettings;
}

/** `file`: the nameservers of that resolv.conf(5), followed as it changes. `host`: a name, resolved as the node does. */
export type UpstreamSource =
  | DnsServer
  | { readonly file: string }
  | { readonly host: string; readonly port: number; readonly tls?: ServerTls };

export const FORWARD_POLICIES = ['random', 'round_robin', 'sequential'] as const;
export type ForwardPolicy = (typeof FORWARD_POLICIES)[number];

/** Times are seconds. */
export interface CacheSettings {
  readonly success: TtlRange;
  readonly denial: TtlRange;
  /** How long a failure is kept, 5 at most: a client retries sooner than that. */
  readonly servfail: number;
  /** How long past its time an answer may serve while no server answers (RFC 8767); 0 never. */
  readonly serveStale: number;
  /** Times that an answer must have been asked for to be asked for again before its time is up; 0 never does. */
  readonly prefetch: number;
}

/** Seconds that an answer is kept at least and at most, whatever its TTL; a `max` of 0 keeps none. */
export interface TtlRange {
  readonly min: number;
  readonly max: number;
}

/** One line for each reply of these classes; none is off. */
export interface QueryLog {
  readonly classes: readonly QueryLogClass[];
  /** Of those, one in so many. */
  readonly every: number;
  /** Only names in these domains, written as `ForwardZone.domain` is. */
  readonly domains: readonly string[];
}

/** CoreDNS's: `denial` is a name or type that does not exist, `error` any other rcode. */
export const QUERY_LOG_CLASSES = ['success', 'denial', 'error'] as const;
export type QueryLogClass = (typeof QUERY_LOG_CLASSES)[number];
