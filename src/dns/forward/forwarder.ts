/** Asking others for names that are not the cluster's. */
import type { Distribution } from '../../telemetry/metric.ts';
import type { HotReply } from '../cache/hotRecord.ts';
import type { CacheState } from '../cache/replyCache.ts';
import type { ForwardSettings } from '../settings.ts';
import type { ExtendedError } from '../wire/edns.ts';
import type { Query } from '../wire/query.ts';

export interface Forwarder {
  /** Some zone has servers: clients may ask for recursion. */
  readonly recursive: boolean;
  /** Whether some zone takes the name of this query. */
  takes(query: Query): boolean;
  /**
   * The answer to a query of class IN that `Query.read` found nothing wrong with, where it is kept and good; else
   * `undefined`, and `forward` knows more. For the many queries that must not cost more than a look.
   */
  kept(query: Query): Forwarded | undefined;
  /**
   * Answers one whole query (RFC 1035 wire form, already accepted, class IN), at once where the answer is kept. The
   * octets are read during the call only. Never throws or rejects.
   */
  forward(query: Uint8Array): Forwarded | Promise<Forwarded>;
  /**
   * Takes new settings, as soon as the servers they name are known. Queries under way end as they began; zones that
   * are asked of the same servers as before keep their answers. Of two calls the later counts.
   */
  configure(settings: ForwardSettings): Promise<void>;
  close(): Promise<void>;
  state(): ForwarderState;
}

/**
 * What answered:
 * - `cache`: a kept answer, or a kept failure; `stale`: one whose time is up, as no server answers.
 * - `forward`: an upstream server, or none in time.
 * - `busy`: nobody, as too many queries wait already.
 * - `loop`: nobody, as it is a query of ours that came back.
 * - `refused`: nobody, as no zone takes the name.
 */
export type ForwardStep = 'cache' | 'stale' | 'forward' | 'busy' | 'loop' | 'refused';

export interface Forwarded {
  /**
   * With the query's ID and its question as spelled, of any size, and without an OPT record: the caller adds its
   * own, and truncates. `undefined`: the caller says SERVFAIL, or REFUSED where that is the step.
   */
  readonly reply: Uint8Array | undefined;
  readonly step: ForwardStep;
  /** Server that the reply came from, now or when it was kept; empty where none did. */
  readonly upstream: string;
  /** For clients that speak EDNS. */
  readonly error: ExtendedError | undefined;
  /** A kept answer that others may tell as well, for as long as it says. */
  readonly hot?: HotReply | undefined;
}

export interface ForwarderState {
  readonly upstreams: readonly UpstreamState[];
  readonly cache: CacheState;
  /** Queries turned away as every server owed as many replies as it may. */
  readonly rejects: number;
  /** Queries asked while every server was believed dead. */
  readonly broken: number;
  /** What keeps names from being asked as configured, one line each. */
  readonly problems: readonly string[];
}

export interface UpstreamState {
  /** `10.0.0.2:53` */
  readonly server: string;
  /** Of the zones that it is asked for; `.` is the root. */
  readonly zones: readonly string[];
  readonly healthy: boolean;
  /** It sends our queries back to us, and is not asked. */
  readonly looping: boolean;
  readonly queries: number;
  readonly failures: number;
  readonly inFlight: number;
  /** Probes of a server believed dead that it did not answer. */
  readonly probeFailures: number;
  /** Packets that came as its replies and matched no query of ours: forged, or far too late. */
  readonly strays: number;
  /** Sockets that were opened to it, and queries sent by a TCP connection that was open already. */
  readonly sockets: { readonly udp: number; readonly tcp: number; readonly reused: number };
  /** Seconds that its replies took, by rcode. */
  readonly durations: ReadonlyMap<number, Distribution>;
}
