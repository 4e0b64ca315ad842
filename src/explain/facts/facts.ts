/** All that is known of one Service at one moment, as data: gathered by the agent, told by the command. */
import type { PortEndpoint } from '../../catalog/portEndpoint.ts';
import type { Family } from '../../net/ip.ts';
import type { Mode } from '../../proxy/backend.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { Entrance, Subject } from './subject.ts';

export interface Facts {
  /** Of the program that gathered them: of one version is of one shape. */
  readonly version: string;
  /** `node`: what is in this node's kernel. `source`: what a node would be given. */
  readonly of: 'node' | 'source';
  readonly node: NodeFacts;
  readonly clusterDomain: string;
  /** Why the cluster has not been read whole; empty when it has. */
  readonly unread: string;
  /** The cluster is told from a snapshot. */
  readonly restored: boolean;
  readonly subject: Subject;
  /** What is wrong with the Service and its EndpointSlices, one line each. */
  readonly problems: readonly string[];
  /** Absent with `--proxy off`. */
  readonly routing?: RoutingFacts;
  /** Absent with `--dns off`. */
  readonly dns?: DnsFacts;
  /** Connections that were tried from this node; empty with `--no-probe`. */
  readonly probes: readonly Probe[];
}

export interface NodeFacts {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  readonly zone: string;
}

export interface DnsFacts {
  /** Its newest version is not answered yet, since its rules are still being written. */
  readonly held: boolean;
  /** Addresses of the DNS Service that this agent answers on itself, past the rules. */
  readonly claimed: readonly string[];
  readonly listening: boolean;
}

export interface RoutingFacts {
  readonly mode: Mode;
  /** `nf_tables`, `legacy` */
  readonly variant: string;
  readonly families: readonly Family[];
  /** Changes, of any Service, that are not in the kernel yet, and why. */
  readonly waiting: { readonly services: number; readonly seconds: number; readonly error: string };
  /** Why the kernel does not take the Service's rules, one line each. */
  readonly refused: readonly string[];
  /** What of its rules in the kernel is not as it should be, one line each. */
  readonly damage: readonly string[];
  readonly lanes: readonly Lane[];
}

/** One port of the Service in one family. */
export interface Lane {
  readonly family: Family;
  readonly plan: PortPlan;
  /** All of the port in this family, in whatever state. */
  readonly endpoints: readonly PortEndpoint[];
  /** Where the agent itself takes its connections; empty where the kernel routes them. */
  readonly relay: readonly string[];
  readonly relayed?: RelayedFacts;
  readonly ways: readonly Way[];
  /** Absent where nothing was asked of connection tracking; a text says why nothing is known. */
  readonly tracked?: Tracked | string;
}

export interface RelayedFacts {
  readonly open: number;
  readonly accepted: number;
  readonly retries: number;
  readonly failed: number;
  readonly refused: number;
  /** Endpoints that keep failing. */
  readonly triedLast: readonly string[];
}

/** What packets of one client to one address meet. */
export interface Way {
  readonly entrance: Entrance;
  readonly address: string;
  readonly port: number;
  readonly client: WayClient;
  /** Why the packet cannot be followed; empty when it can. */
  readonly error: string;
  /** Probabilities add up to 1. */
  readonly outcomes: readonly WayOutcome[];
  /** Endpoints to which affinity holds the client. */
  readonly remembered: readonly string[];
}

export interface WayClient {
  readonly address: string;
  /** `given` by who asks; else a pod of this node, this node, or somebody outside of the cluster. */
  readonly who: 'given' | 'pod' | 'node' | 'outside';
  /** It is not of this node, but of another of the cluster: the rules there are what its packets meet. */
  readonly elsewhere: boolean;
}

export interface WayOutcome {
  readonly probability: number;
  readonly verdict: 'accept' | 'dnat' | 'reject' | 'drop';
  /** `10.0.0.1:80`; empty unless the verdict is `dnat`. */
  readonly to: string;
  readonly masqueraded: boolean;
  /** `nat KUBE-SERVICES`: chains that it was decided in, in order. Of the first outcome of each kind. */
  readonly path: readonly string[];
  /** The rule that decided. */
  readonly rule: string;
}

export interface Tracked {
  readonly total: number;
  /** By endpoint, the most first. */
  readonly to: readonly { readonly endpoint: string; readonly count: number }[];
  /** Those whose endpoint is gone. */
  readonly gone: number;
}

export interface Probe {
  /** `10.0.0.1:80` */
  readonly to: string;
  readonly result: 'connected' | 'refused' | 'timeout' | 'unreachable';
  /** Until the result. */
  readonly milliseconds: number;
}
