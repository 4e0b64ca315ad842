/** What `fairlead status` tells, as the control socket sends it. Times are ISO 8601. */
import type { ConfigStatus } from '../config/configStatus.ts';
import type { RelayStatus } from '../routing/relayStatus.ts';

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: string;
  readonly ready: boolean;
  /** Why not, one line each. */
  readonly notReady: readonly string[];
  /** Absent without `--config`. */
  readonly config?: ConfigStatus;
  readonly catalog: CatalogStatus;
  readonly sources: readonly SourceStatus[];
  /** Absent where none is kept. */
  readonly snapshot?: SnapshotStatus;
  /** Absent with `--proxy off`. */
  readonly proxy?: ProxyStatus;
  /** Absent with `--dns off`. */
  readonly dns?: DnsStatus;
}

export interface CatalogStatus {
  /** When Services and EndpointSlices had been read whole; empty before. */
  readonly syncedAt: string;
  readonly services: number;
  readonly endpoints: number;
  readonly problems: readonly string[];
}

export interface SourceStatus {
  readonly kind: string;
  readonly synced: boolean;
  /** Seconds since anything was heard; -1 when nothing was. */
  readonly silentSeconds: number;
  readonly error: string;
}

/** What is kept of the cluster in `--state-dir`. */
export interface SnapshotStatus {
  /** When this agent last wrote it; empty before. */
  readonly writtenAt: string;
  readonly octets: number;
  /** Why it cannot be written; empty when it can. */
  readonly error: string;
  /** Absent unless it stands in for an API server that has not been read yet. */
  readonly inUse?: {
    readonly writtenAt: string;
    /** Else this node has been started again since, and its own endpoints are left out. */
    readonly sameBoot: boolean;
  };
}

export interface ProxyStatus {
  readonly mode: string;
  /** What the settings say, and a restart goes back to. */
  readonly configuredMode: string;
  /** IP families that were to be relayed and cannot be, so that the kernel routes them, and why; one line each. */
  readonly notRelayed: readonly string[];
  /** Absent where nothing is relayed. */
  readonly relays?: RelayStatus;
  readonly variant: string;
  readonly families: readonly string[];
  readonly services: number;
  readonly rules: number;
  /** Why this variant and not another: `the kubelet's hint`. */
  readonly variantBecause: string;
  /** Families that this machine cannot route, and why, one line each. */
  readonly leftOut: readonly string[];
  /** When rules were last known to match the picture; empty before the first time. */
  readonly syncedAt: string;
  readonly lastSyncMilliseconds: number;
  /** Everything was looked at, not only what changed. */
  readonly lastSyncFull: boolean;
  /** Absent where nobody ever was at our rules. */
  readonly lastRepair?: { readonly at: string; readonly lines: readonly string[] };
  /** Services whose changes are not in the rules yet, and for how many seconds the oldest of them waits. */
  readonly pending: { readonly services: number; readonly seconds: number };
  /** Objects that are not routed, or not as they ask for, one line each. Also among the problems. */
  readonly setAside: readonly string[];
  /** Health-check node ports that cannot be listened on. Also among the problems. */
  readonly healthPorts: readonly string[];
  /** Of the last attempt; empty when it worked. */
  readonly error: string;
}

export interface DnsStatus {
  readonly listening: readonly string[];
  /** clusterIPs of the DNS Service that this node answers itself. */
  readonly claimed: readonly string[];
  /** `held` while queries to them stay on this node; `none`, or `lost` while it cannot be renewed. */
  readonly lease: string;
  /** Services whose names are answered. */
  readonly services: number;
  /** Questions with ready-made answers. */
  readonly names: number;
  readonly queries: number;
  readonly cache: CacheStatus;
  readonly upstreams: readonly UpstreamStatus[];
  /** Absent where only the settings say what to do. */
  readonly config?: DnsConfigStatus;
  /** Addresses that could not be served, one line each. */
  readonly errors: readonly string[];
}

/** A Corefile or kube-dns's ConfigMap that is followed. */
export interface DnsConfigStatus {
  /** The path, or the ConfigMaps. */
  readonly source: string;
  /** When it came into force; empty while only the settings are. */
  readonly since: string;
  /** Why what it says now is not in force; empty when it is. */
  readonly error: string;
  /** Lines of what is in force that are not honoured, by file and number. */
  readonly warnings: readonly string[];
  /** Lines that are honoured in another way. */
  readonly notes: readonly string[];
}

/** Answers of upstream servers that are kept. */
export interface CacheStatus {
  readonly entries: number;
  readonly octets: number;
  readonly maxOctets: number;
  readonly hits: number;
  readonly misses: number;
  /** Queries answered with what was true once, as no server answered. */
  readonly stale: number;
}

export interface UpstreamStatus {
  readonly server: string;
  /** Domains that it is asked for; `.` is every other name. */
  readonly zones: readonly string[];
  readonly healthy: boolean;
  /** It sends our queries back to us. */
  readonly looping: boolean;
  readonly queries: number;
  readonly failures: number;
}
