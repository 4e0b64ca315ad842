/** Endpoints of a Service, slice by slice, because ports belong to slices. */
import type { Family } from '../net/ip.ts';
import type { Protocol } from '../kube/records.ts';

/** One EndpointSlice, its unusable entries left out. */
export interface EndpointGroup {
  /** Name of the slice. */
  readonly name: string;
  readonly family: Family;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
  /** Milliseconds since the epoch when a pod's change led to this; 0 when unknown. */
  readonly triggeredAt: number;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface Endpoint {
  /** Canonical. */
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** On this node. */
  readonly local: boolean;
  readonly hostname: string;
  readonly podName: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}
