/** The form of the conformance list. */

export type Client = 'pod' | 'node' | 'localhost' | 'external' | 'blocked' | 'local-1' | 'VIP';

/** How a Service is reached from outside. */
export type Outside = 'externalIP' | 'VIP' | 'VIP 2' | 'nodePort';

export type Way = 'clusterIP' | Outside | 'nodePort, second address' | 'healthCheckNodePort';

/** `terminating` still serves; `gone` does not. */
export type Condition = 'ready' | 'terminating' | 'gone';

/** What EndpointSlices hint, by topology-aware routing or `spec.trafficDistribution`. */
export interface Hinted {
  /** Default: ready. */
  readonly condition?: Condition;
  /** Zones that shall use it; the node's is ZONE. */
  readonly zones?: readonly string[];
  readonly nodes?: readonly string[];
}

export type EndpointName = 'local-1' | 'local-2' | 'local-3' | 'remote-1' | 'remote-2';

export interface FlowPort {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  /** Port of the endpoints. */
  readonly target: number;
}

export interface FlowService {
  /** Default: TCP, 80 to 80. */
  readonly ports?: readonly FlowPort[];
  readonly outside?: readonly Outside[];
  readonly external?: 'Local';
  readonly internal?: 'Local';
  /** loadBalancerSourceRanges */
  readonly ranges?: readonly string[];
  readonly healthCheck?: true;
  /** Of ClientIP affinity; default: none. */
  readonly affinitySeconds?: number;
  readonly endpoints: Readonly<Partial<Record<EndpointName, Condition | Hinted>>>;
}

/** Default: pods are told by their source, NodePorts on 127.0.0.1 too, and nothing else. */
export interface FlowSettings {
  readonly detectLocal?: false | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly masqueradeAll?: true;
  readonly localhostNodePorts?: false;
  readonly nodePortAddresses?: readonly string[];
}

export interface Flow {
  readonly from: Client;
  /** Name of a Service of the group. */
  readonly to: string;
  readonly by: Way;
  /** Another port than the Service's first, `53/udp`. */
  readonly port?: string;
  /**
   * Endpoints, sorted, each met as often as the others, with ` m` when their answers come back through the node's
   * own address; REJECT; DROP; ACCEPT, by a rule; or `unchanged`: the packet goes where it was sent.
   */
  readonly expect: string;
  /** Why it cannot be tried with a real socket. */
  readonly notOnKernel?: string;
}

export interface FlowGroup {
  readonly id: string;
  readonly about: string;
  readonly settings?: FlowSettings;
  readonly services: Readonly<Record<string, FlowService>>;
  readonly flows: readonly Flow[];
}

export const flow = (
  from: Flow['from'],
  to: string,
  by: Flow['by'],
  expect: string,
  port?: string,
): Flow => ({
  from,
  to,
  by,
  expect,
  ...(port === undefined ? {} : { port }),
});
