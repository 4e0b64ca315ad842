/** Asking others for names that are not the cluster's. */

export interface Forwarder {
  /**
   * Answers one whole query (RFC 1035 wire form, already accepted) from the cache or from an upstream server.
   * The reply has the query's ID, its question as spelled, and fits no particular size: the caller truncates.
   * Resolves to `undefined` when no upstream answered in time: the caller says SERVFAIL. Never rejects.
   */
  forward(query: Uint8Array): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
  state(): ForwarderState;
}

export interface ForwarderState {
  readonly upstreams: readonly UpstreamState[];
  readonly cacheEntries: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

export interface UpstreamState {
  /** `10.0.0.2:53` */
  readonly server: string;
  readonly healthy: boolean;
  readonly queries: number;
  readonly failures: number;
}
