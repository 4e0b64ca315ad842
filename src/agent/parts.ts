/** What the agent is put together from. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { NodeDns } from '../dns/node/createNodeDns.ts';
import type { DnsService } from '../dns/service.ts';
import type { Clock } from '../host/clock.ts';
import type { Source } from '../kube/source.ts';
import type { SocketAddress } from '../net/socketAddress.ts';
import type { SyncReport } from '../proxy/backend.ts';
import type { SnapshotKeeper } from '../snapshot/keeper.ts';
import type { Log } from '../telemetry/log.ts';
import type { ApiWrites } from './reports/apiWrites.ts';
import type { DnsConfigState } from './names/config/configurator.ts';
import type { Routing } from './routing/routing.ts';

export interface AgentSettings {
  readonly nodeName: string;
  readonly clusterDomain: string;
  readonly dnsService: string;
  readonly dnsListen: readonly SocketAddress[];
  readonly dnsNodeLocal: readonly string[];
  /** Milliseconds. */
  readonly dnsWaitForRules: number;
}

export interface Names {
  readonly dns: Pick<DnsService, 'update' | 'listen' | 'unlisten' | 'state'>;
  /** The DNS Service's own addresses on this node. */
  readonly node: Pick<NodeDns, 'claim' | 'release' | 'rest' | 'leave' | 'state'>;
  /** All addresses of the node at this time. */
  readonly localAddresses: () => Promise<readonly string[]>;
  /** Sends a real query; gives what is wrong, or nothing. */
  readonly probe: (server: SocketAddress, domain: string) => Promise<string>;
  /** The followed configuration; `undefined` where only the settings say what to do. */
  readonly config: () => DnsConfigState | undefined;
  /** Told of every change to the forwarder's problems from now on, and at once. */
  readonly onProblems: (listener: () => void) => void;
  /** Another agent reads the same sockets: for before `close`, see `CountedDnsService`. */
  readonly retire: () => Promise<void>;
  /** Ends answering and forwarding. */
  readonly close: () => Promise<void>;
}

export interface AgentParts {
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly source: Source;
  /** Absent where routing is off. */
  readonly routing?: Routing;
  /** Absent where DNS is off. */
  readonly names?: Names;
  /** Absent where nothing is kept for the next agent. */
  readonly keeper?: Pick<SnapshotKeeper, 'published' | 'stop'>;
  readonly writes: ApiWrites;
  /** Told of each publication and each sync; for metrics. */
  readonly observer: AgentObserver;
}

export interface AgentObserver {
  /** `seenAt` is when the first of these changes came, as `clock.monotonic()` tells it. */
  published(picture: Picture, changes: ChangeSet, seenAt: number): void;
  /** A sync begins, of all that was published. */
  began(): void;
  synced(report: SyncReport): void;
}
