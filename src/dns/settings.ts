/** Settings of the DNS server, already parsed; see docs for what each means to an operator. */

export interface DnsSettings {
  /** Lower case, no trailing dot: `cluster.local`. */
  readonly clusterDomain: string;
  /** `namespace/name`: names the server itself in NS records. */
  readonly dnsService: string;
  /** Upstream servers for other names; empty refuses them. */
  readonly upstreams: readonly SocketAddress[];
  /** Seconds. */
  readonly ttl: number;
  /** Seconds; also the SOA minimum of denials, so clients forget a denial of a name about to exist. */
  readonly negativeTtl: number;
  readonly pods: 'disabled' | 'insecure' | 'verified';
}

export interface SocketAddress {
  /** Canonical IP. */
  readonly address: string;
  readonly port: number;
}
