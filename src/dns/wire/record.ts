/** Resource records as the zone makes them, and their RDATA (RFC 1035 section 3.3, RFC 3596, RFC 2782). */

/** Names are master-file text in full, without a trailing dot. */
export type Rdata =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'HINFO'; readonly cpu: string; readonly os: string }
  | { readonly type: 'SOA'; readonly soa: Soa }
  /** A record of somebody else's answer, its names already written out. */
  | { readonly type: 'raw'; readonly code: number; readonly bytes: Uint8Array };

export interface Soa {
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface Rr {
  readonly owner: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Rdata;
}

export interface Sections {
  readonly answers: readonly Rr[];
  readonly authority: readonly Rr[];
  readonly additional: readonly Rr[];
}
