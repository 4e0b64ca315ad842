/** What carries connections and datagrams of a Service port to its endpoints, in a process instead of the kernel. */
import type { Distribution } from '../../telemetry/metric.ts';

export interface RelayEndpoint {
  /** Canonical. */
  readonly address: string;
  readonly port: number;
  /** `10.0.0.1:80` or `[fd00::1]:80`; its identity. */
  readonly text: string;
}

export interface RelayTargets {
  /** `namespace/name:port`, for messages and figures. */
  readonly name: string;
  /** In byte order of their texts, so that equal sets look equal. */
  readonly endpoints: readonly RelayEndpoint[];
  /** 0 is no affinity. */
  readonly affinitySeconds: number;
  /** Endpoints are told the client's address, by the PROXY protocol, version 2 (TCP only). */
  readonly proxyProtocol: boolean;
}

export interface ListenAt {
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
}

export interface RelayListener {
  /** From now on; connections that are carried already go on, UDP sessions to endpoints that left end. */
  retarget(targets: RelayTargets): void;
  /** Accepts no more. What is carried goes on until it ends, or for `drainMs` at most. */
  close(drainMs: number): Promise<void>;
}

/** What went through one Service port; totals since the start, but for `open`. */
export interface RelayCounts {
  /** Connections or sessions now. */
  readonly open: number;
  readonly accepted: number;
  /** Endpoints that failed and were followed by another. */
  readonly retries: number;
  /** No endpoint could be reached. */
  readonly failed: number;
  /** Not taken, because there are too many already. */
  readonly refused: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RelayFigures extends RelayCounts {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP';
  /** Endpoints that keep failing and are tried last, as texts. */
  readonly suspended: readonly string[];
  /** Seconds until an endpoint took a connection; UDP: until it answered a session first. */
  readonly dials: Distribution;
  /** Those of its endpoints that were ever tried. */
  readonly endpoints: readonly EndpointFigures[];
}

export interface EndpointFigures {
  /** As `RelayEndpoint` has it. */
  readonly text: string;
  /** That it took, and how many seconds that took in all. */
  readonly connections: number;
  readonly dialSeconds: number;
  /** Times that it did not, or reset before anything went either way. */
  readonly failures: number;
}

export interface Relay {
  /** Rejects with the system's error when it cannot listen there. */
  listen(at: ListenAt, targets: RelayTargets): Promise<RelayListener>;
  /** Of each Service port that something listens for, or that connections are still carried for. */
  figures(): readonly RelayFigures[];
  /** Ends all that is carried. */
  close(): Promise<void>;
}
