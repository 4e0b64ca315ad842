/** What an explanation is gathered from: the agent's own state, and the few things that it asks the machine. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { Facts } from '../../explain/facts/facts.ts';
import type { Ruleset } from '../../explain/tracer/ruleset.ts';
import type { Reach } from '../../host/reach/reach.ts';
import type { Problem } from '../../kube/problem.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { Family } from '../../net/ip.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';
import type { Mode } from '../../proxy/backend.ts';
import type { RelayLookup } from '../../proxy/iptables/rules/options.ts';
import type { ServiceRules } from '../../proxy/iptables/rules/service.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { ProxySettings } from '../../proxy/settings.ts';
import type { RelayFigures } from '../../proxy/userspace/relay.ts';

export interface ExplainView {
  readonly of: Facts['of'];
  readonly picture: () => Picture;
  readonly clusterDomain: string;
  readonly clusterCIDRs: readonly Cidr[];
  /** Why the source has not been read whole; empty when it has. */
  readonly unread: () => string;
  /** Absent with `--dns off`. */
  readonly dns: DnsView | undefined;
  /** Absent with `--proxy off`. */
  readonly routing: RoutingView | undefined;
  readonly machine: MachineView;
}

export interface DnsView {
  /** Whether a version of the Service waits for its rules. */
  holds(key: string): boolean;
  /** Addresses of the DNS Service that are on this node. */
  claimed(): readonly string[];
  /** They are answered here, not by other nodes. */
  leased(): boolean;
  listening(): boolean;
}

export interface RoutingView {
  readonly settings: ProxySettings;
  readonly families: () => readonly Family[];
  readonly mode: () => Mode;
  readonly variant: () => string;
  readonly waiting: () => { readonly services: number; readonly seconds: number; readonly error: string };
  readonly refused: () => readonly Problem[];
  readonly relay: RelayLookup;
  readonly figures: () => readonly RelayFigures[];
  /** All rules of the family that packets to these ports can meet. Rejects where they cannot be read. */
  readonly rules: (family: Family, plans: readonly PortPlan[]) => Promise<Ruleset>;
  /** Rules that the Service should have in the kernel; `undefined` when none, or not known at this moment. */
  readonly wanted: (family: Family, entry: ServiceEntry) => ServiceRules | undefined;
}

/** Members are absent where there is no machine to ask. */
export interface MachineView {
  localAddresses(): Promise<readonly string[]>;
  /** Interface by which packets leave for each address that has a route. */
  readonly routes?: (addresses: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Sources in a list of xt_recent. */
  readonly remembered?: (list: string) => Promise<ReadonlySet<string>>;
  /** Shows each connection that is tracked. Rejects where they cannot be read. */
  readonly connections?: (
    family: Family,
    protocol: 'TCP' | 'UDP',
    see: (connection: Connection) => void,
  ) => Promise<void>;
  /** Tries a TCP connection. */
  readonly connect?: (
    to: SocketAddress,
  ) => Promise<{ readonly result: Reach; readonly milliseconds: number }>;
}

/** Good during the call only. */
export interface Connection {
  readonly destination: string;
  readonly destinationPort: number;
  readonly replySource: string;
  readonly replySourcePort: number;
}
