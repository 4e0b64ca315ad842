/** Types of core/v1 but Pods, and of the groups that hold Services' endpoints, leases, scales and tokens. */
export const CORE_TYPES = `
Namespace: 1 metadata ObjectMeta; 2 spec NamespaceSpec; 3 status NamespaceStatus

NamespaceSpec: 1 finalizers [string]

NamespaceStatus: 1 phase string; 2 conditions [any] by type

Service: 1 metadata ObjectMeta; 2 spec ServiceSpec; 3 status ServiceStatus

ServiceSpec: 1 ports [ServicePort] by port,protocol; 2 selector {string} atomic; 3 clusterIP string; 18 clusterIPs [string];
  4 type string; 5 externalIPs [string]; 7 sessionAffinity string; 8 loadBalancerIP string;
  9 loadBalancerSourceRanges [string]; 10 externalName string; 11 externalTrafficPolicy string;
  12 healthCheckNodePort int; 13 publishNotReadyAddresses bool; 14 sessionAffinityConfig SessionAffinityConfig;
  17 ipFamilyPolicy string; 19 ipFamilies [string]; 20 allocateLoadBalancerNodePorts *bool;
  21 loadBalancerClass string; 22 internalTrafficPolicy string; 23 trafficDistribution string

ServicePort: 1 name string; 2 protocol string; 6 appProtocol string; 3 port int; 4 targetPort intOrString; 5 nodePort int

SessionAffinityConfig: 1 clientIP ClientIPConfig

ClientIPConfig: 1 timeoutSeconds *int

ServiceStatus: 1 loadBalancer LoadBalancerStatus; 2 conditions [Condition] by type

LoadBalancerStatus: 1 ingress [LoadBalancerIngress]

LoadBalancerIngress: 1 ip string; 2 hostname string; 3 ipMode string; 4 ports [PortStatus]

PortStatus: 1 port int; 2 protocol string; 3 error string

Endpoints: 1 metadata ObjectMeta; 2 subsets [EndpointSubset]

EndpointSubset: 1 addresses [EndpointAddress]; 2 notReadyAddresses [EndpointAddress]; 3 ports [CoreEndpointPort]

EndpointAddress: 1 ip string; 3 hostname string; 4 nodeName string; 2 targetRef ObjectReference

CoreEndpointPort: 1 name string; 2 port int; 3 protocol string; 4 appProtocol string

EndpointSlice: 1 metadata ObjectMeta; 4 addressType string; 2 endpoints [Endpoint]; 3 ports [EndpointPort]

Endpoint: 1 addresses [string] set; 2 conditions EndpointConditions; 3 hostname string; 4 targetRef ObjectReference;
  5 deprecatedTopology {string}; 6 nodeName string; 7 zone string; 8 hints EndpointHints

EndpointConditions: 1 ready *bool; 2 serving *bool; 3 terminating *bool

EndpointHints: 1 forZones [ForName]; 2 forNodes [ForName]

ForName: 1 name string

EndpointPort: 1 name string; 2 protocol string; 3 port *int; 4 appProtocol string

Node: 1 metadata ObjectMeta; 2 spec NodeSpec; 3 status NodeStatus

NodeSpec: 1 podCIDR string; 7 podCIDRs [string] set; 3 providerID string; 4 unschedulable bool; 5 taints [Taint];
  6 configSource any; 2 externalID string

Taint: 1 key string; 2 value string; 3 effect string; 4 timeAdded time

NodeStatus: 1 capacity {quantity}; 2 allocatable {quantity}; 3 phase string; 4 conditions [any] by type;
  5 addresses [NodeAddress] by type; 6 daemonEndpoints any; 7 nodeInfo any; 8 images [any]; 9 volumesInUse [string];
  10 volumesAttached [any]; 11 config any; 12 runtimeHandlers [any]; 13 features any

NodeAddress: 1 type string; 2 address string

ConfigMap: 1 metadata ObjectMeta; 4 immutable *bool; 2 data {string}; 3 binaryData {bytes}

Secret: 1 metadata ObjectMeta; 5 immutable *bool; 2 data {bytes}; 4 stringData {string}; 3 type string

ServiceAccount: 1 metadata ObjectMeta; 2 secrets [ObjectReference] by name;
  3 imagePullSecrets [LocalObjectReference] by name; 4 automountServiceAccountToken *bool

TokenRequest: 1 metadata ObjectMeta; 2 spec TokenRequestSpec; 3 status any

TokenRequestSpec: 1 audiences [string]; 3 boundObjectRef any; 4 expirationSeconds *int

Lease: 1 metadata ObjectMeta; 2 spec LeaseSpec

LeaseSpec: 1 holderIdentity string; 2 leaseDurationSeconds *int; 3 acquireTime time; 4 renewTime time;
  5 leaseTransitions *int; 6 strategy string; 7 preferredHolder string

Scale: 1 metadata ObjectMeta; 2 spec ScaleSpec; 3 status any

ScaleSpec: 1 replicas int
`;
