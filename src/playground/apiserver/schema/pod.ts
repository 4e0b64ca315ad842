/** Pods, and the Deployments and DaemonSets that make them. What only a kubelet or a scheduler reads is not looked into. */
export const POD_TYPES = `
Pod: 1 metadata ObjectMeta; 2 spec PodSpec; 3 status PodStatus

PodSpec: 1 volumes [any] by name; 20 initContainers [Container] by name; 2 containers [Container] by name;
  34 ephemeralContainers [any] by name; 3 restartPolicy string; 4 terminationGracePeriodSeconds *int;
  5 activeDeadlineSeconds *int; 6 dnsPolicy string; 7 nodeSelector {string} atomic; 8 serviceAccountName string;
  9 serviceAccount string; 21 automountServiceAccountToken *bool; 10 nodeName string; 11 hostNetwork bool;
  12 hostPID bool; 13 hostIPC bool; 27 shareProcessNamespace *bool; 14 securityContext any;
  15 imagePullSecrets [LocalObjectReference] by name; 16 hostname string; 17 subdomain string; 18 affinity any;
  19 schedulerName string; 22 tolerations [any]; 23 hostAliases [HostAlias] by ip; 24 priorityClassName string;
  25 priority *int; 26 dnsConfig PodDNSConfig; 28 readinessGates [any]; 29 runtimeClassName string;
  30 enableServiceLinks *bool; 31 preemptionPolicy string; 32 overhead {quantity};
  33 topologySpreadConstraints [any] by topologyKey,whenUnsatisfiable; 35 setHostnameAsFQDN *bool; 36 os any;
  37 hostUsers *bool; 38 schedulingGates [any] by name; 39 resourceClaims [any] by name; 40 resources any;
  41 hostnameOverride string

Container: 1 name string; 2 image string; 3 command [string]; 4 args [string]; 5 workingDir string;
  6 ports [ContainerPort] by containerPort,protocol; 19 envFrom [any]; 7 env [EnvVar] by name;
  8 resources ResourceRequirements; 23 resizePolicy [any]; 24 restartPolicy string; 25 restartPolicyRules [any];
  9 volumeMounts [any] by mountPath; 21 volumeDevices [any] by devicePath; 10 livenessProbe any; 11 readinessProbe any;
  22 startupProbe any; 12 lifecycle any; 13 terminationMessagePath string; 20 terminationMessagePolicy string;
  14 imagePullPolicy string; 15 securityContext any; 16 stdin bool; 17 stdinOnce bool; 18 tty bool

ContainerPort: 1 name string; 2 hostPort int; 3 containerPort int; 4 protocol string; 5 hostIP string

EnvVar: 1 name string; 2 value string; 3 valueFrom any

ResourceRequirements: 1 limits {quantity}; 2 requests {quantity}; 3 claims [any] by name

HostAlias: 1 ip string; 2 hostnames [string]

PodDNSConfig: 1 nameservers [string]; 2 searches [string]; 3 options [PodDNSConfigOption]

PodDNSConfigOption: 1 name string; 2 value string

PodStatus: 17 observedGeneration int; 1 phase string; 2 conditions [PodCondition] by type; 3 message string;
  4 reason string; 11 nominatedNodeName string; 5 hostIP string; 16 hostIPs [PodIP] by ip; 6 podIP string;
  12 podIPs [PodIP] by ip; 7 startTime time; 10 initContainerStatuses [any]; 8 containerStatuses [any]; 9 qosClass string;
  13 ephemeralContainerStatuses [any]; 14 resize string; 15 resourceClaimStatuses [any] by name;
  18 extendedResourceClaimStatus any

PodIP: 1 ip string

PodCondition: 1 type string; 7 observedGeneration int; 2 status string; 3 lastProbeTime time; 4 lastTransitionTime time;
  5 reason string; 6 message string

PodTemplateSpec: 1 metadata ObjectMeta; 2 spec PodSpec

Deployment: 1 metadata ObjectMeta; 2 spec DeploymentSpec; 3 status DeploymentStatus

DeploymentSpec: 1 replicas *int; 2 selector LabelSelector; 3 template PodTemplateSpec; 4 strategy DeploymentStrategy;
  5 minReadySeconds int; 6 revisionHistoryLimit *int; 7 paused bool; 9 progressDeadlineSeconds *int

DeploymentStrategy: 1 type string; 2 rollingUpdate RollingUpdateDeployment

RollingUpdateDeployment: 1 maxUnavailable intOrString; 2 maxSurge intOrString

DeploymentStatus: 1 observedGeneration int; 2 replicas int; 3 updatedReplicas int; 7 readyReplicas int;
  4 availableReplicas int; 5 unavailableReplicas int; 9 terminatingReplicas *int; 6 conditions [any] by type;
  8 collisionCount *int

DaemonSet: 1 metadata ObjectMeta; 2 spec DaemonSetSpec; 3 status DaemonSetStatus

DaemonSetSpec: 1 selector LabelSelector; 2 template PodTemplateSpec; 3 updateStrategy DaemonSetUpdateStrategy;
  4 minReadySeconds int; 6 revisionHistoryLimit *int

DaemonSetUpdateStrategy: 1 type string; 2 rollingUpdate RollingUpdateDaemonSet

RollingUpdateDaemonSet: 1 maxUnavailable intOrString; 2 maxSurge intOrString

DaemonSetStatus: 1 currentNumberScheduled int; 2 numberMisscheduled int; 3 desiredNumberScheduled int; 4 numberReady int;
  5 observedGeneration int; 6 updatedNumberScheduled int; 7 numberAvailable int; 8 numberUnavailable int;
  9 collisionCount *int; 10 conditions [any] by type
`;
