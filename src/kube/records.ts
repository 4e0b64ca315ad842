/**
 * The small records that objects become on arrival. A cluster has tens of thousands of endpoints and every node
 * keeps them all: do not add a field that neither routing, nor names, nor an explanation needs.
 *
 * Values are as the API server sent them, only type-checked: what they mean, and whether they are usable, is
 * the catalog's to decide.
 */

export type Kind = 'Service' | 'EndpointSlice' | 'Node' | 'Namespace' | 'Pod' | 'ConfigMap';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface ObjectRef {
  readonly kind: Kind;
  /** Empty for Nodes and Namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export interface ServiceRecord extends ObjectRef {
  readonly kind: 'Service';
  readonly type: string;
  /** `clusterIPs`, or `[clusterIP]` of objects older than dual stack; `['None']` when headless; may be empty. */
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePortRecord[];
  readonly externalIPs: readonly string[];
  readonly ingress: readonly IngressRecord[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalName: string;
  /** `sessionAffinity: ClientIP` gives its timeout in seconds; 0 is no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  readonly healthCheckNodePort: number;
  /** Label `service.kubernetes.io/service-proxy-name`: somebody else routes it. Empty when absent. */
  readonly proxyName: string;
  /** Annotation `fairlead.dev/mode`; empty when absent. */
  readonly mode: string;
  /** Annotation `fairlead.dev/proxy-protocol`; empty when absent. */
  readonly proxyProtocol: string;
  /** Whether `spec.selector` names pods; only explanations read it. */
  readonly hasSelector: boolean;
}

export interface ServicePortRecord {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** 0 when there is none. */
  readonly nodePort: number;
}

export interface IngressRecord {
  readonly ip: string;
  /** `VIP`, `Proxy`, or empty when absent. */
  readonly ipMode: string;
}

export interface EndpointSliceRecord extends ObjectRef {
  readonly kind: 'EndpointSlice';
  /** Label `kubernetes.io/service-name`; empty when absent. */
  readonly serviceName: string;
  readonly addressType: string;
  readonly ports: readonly EndpointPortRecord[];
  readonly endpoints: readonly EndpointRecord[];
  /** Annotation `endpoints.kubernetes.io/last-change-trigger-time` in milliseconds since the epoch; 0 when absent. */
  readonly triggeredAt: number;
  /**
   * Made from an Endpoints object, which a manifest may hold: it counts only where its Service has no slice of
   * its own.
   */
  readonly fromEndpoints: boolean;
}

export interface EndpointPortRecord {
  readonly name: string;
  readonly protocol: string;
  /** 0 when absent ("all ports"). */
  readonly port: number;
}

export interface EndpointRecord {
  /** `addresses[0]`: the API allows more but gives them no meaning. Empty when there is none. */
  readonly address: string;
  /** nil is true. */
  readonly ready: boolean;
  /** nil is true: slice controllers before 1.22 did not set it. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** Name of `targetRef` when it is a Pod. */
  readonly podName: string;
}

export interface NodeRecord extends ObjectRef {
  readonly kind: 'Node';
  /** InternalIP addresses first, then ExternalIP, in the object's order. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  /** Label `topology.kubernetes.io/zone`; empty when absent. */
  readonly zone: string;
  /** Being deleted, or tainted `ToBeDeletedByClusterAutoscaler`. */
  readonly leaving: boolean;
}

export interface NamespaceRecord extends ObjectRef {
  readonly kind: 'Namespace';
}

export interface PodRecord extends ObjectRef {
  readonly kind: 'Pod';
  readonly ips: readonly string[];
  readonly nodeName: string;
  readonly hostNetwork: boolean;
  /** Phase Succeeded, Failed or Unknown. */
  readonly ended: boolean;
  /** Its resolv.conf searches what the kubelet gives every pod of the cluster, and nothing besides. */
  readonly clusterSearch: boolean;
}

/** Watched by name only, where it holds settings of ours. */
export interface ConfigMapRecord extends ObjectRef {
  readonly kind: 'ConfigMap';
  readonly data: ReadonlyMap<string, string>;
}

export type ObjectRecord =
  | ServiceRecord
  | EndpointSliceRecord
  | NodeRecord
  | NamespaceRecord
  | PodRecord
  | ConfigMapRecord;
