/** What the catalog shows: one consistent picture, and what is different since the last look. */
import type { Problem } from '../kube/problem.ts';
import type { EndpointGroup } from './endpoint.ts';
import type { Service } from './service.ts';

/**
 * The cluster at one moment. It changes only between two publications, never while a consumer looks; every entry
 * is immutable, so a consumer that awaits may keep the entries it has read, but not the maps.
 */
export interface Picture {
  /** Usable Services by `namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceEntry>;
  /** Until all Namespaces have been read, those that Services live in count too: they must not be denied. */
  readonly namespaces: ReadonlySet<string>;
  /** This node; `undefined` until its Node object is seen. */
  readonly node: ThisNode | undefined;
  /**
   * Pods by canonical address, for pod records in `verified` mode; empty unless Pods are watched. Without pods on
   * the host's network, whose address is their node's.
   */
  readonly pods: ReadonlyMap<string, PodEntry>;
  /** What is unusable now, by object as `describeObject` writes it: `Service shop/web`. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Services and EndpointSlices have both been read whole: until then nothing may be removed or denied. */
  readonly synced: boolean;
  /**
   * Not synced, but told whole by what an earlier agent kept: rules may be made from it, and nothing may be denied.
   * Ends when `synced` begins.
   */
  readonly restored: boolean;
}

/** A picture as who makes it holds it. */
export interface OwnPicture extends Picture {
  readonly services: Map<string, ServiceEntry>;
  readonly namespaces: Set<string>;
  node: ThisNode | undefined;
  readonly pods: Map<string, PodEntry>;
  readonly problems: Map<string, readonly Problem[]>;
  synced: boolean;
  restored: boolean;
}

/** Of a cluster of which nothing has been told. */
export function emptyPicture(): OwnPicture {
  return {
    services: new Map(),
    namespaces: new Set(),
    node: undefined,
    pods: new Map(),
    problems: new Map(),
    synced: false,
    restored: false,
  };
}

/** What did not change keeps its identity from one entry to the next: the Service, and each group. */
export interface ServiceEntry {
  readonly service: Service;
  /** In byte order of the slices' names. */
  readonly groups: readonly EndpointGroup[];
}

export interface ThisNode {
  readonly name: string;
  /** Canonical; the Node's primary address first. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  readonly zone: string;
  readonly leaving: boolean;
}

export interface PodEntry {
  readonly namespace: string;
  readonly name: string;
  /** This pod alone has the address, and searches names as the kubelet has every pod of the cluster do. */
  readonly clusterSearch: boolean;
}

/** Exactly what differs from the picture published before. */
export interface ChangeSet {
  /** Keys of Services that appeared, differ, or are gone, their endpoints included. */
  readonly services: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
  /** Addresses, zone or pod CIDRs of this node differ. */
  readonly node: boolean;
  /** Addresses. */
  readonly pods: ReadonlySet<string>;
  /** Objects, as keys of `Picture.problems`, whose problems appeared, differ, or are gone. */
  readonly problems: ReadonlySet<string>;
  /** `Picture.synced` became true with this publication. */
  readonly synced: boolean;
}
