/** The objects a fresh playground holds beyond its API server's own: what an installer would have made. */
import type { NodeMachine, PodMachine, Topology } from '../network/topology.ts';

export const DNS_SERVICE_IP = '10.96.0.10';
export const KUBERNETES_SERVICE_IP = '10.96.0.1';
const DNS_PORT = 10053;
export const CLUSTER_DOMAIN = 'cluster.local';
/** Where the program of every pod listens. */
export const POD_PORTS = { http: 8080, echo: 9090 } as const;

/** An object and the collection to create it in. */
export interface Seed {
  readonly path: string;
  readonly object: object;
}

export function seeds(topology: Topology): Seed[] {
  return [
    {
      path: '/api/v1/namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    },
    ...topology.nodes.map((node) => ({ path: '/api/v1/nodes', object: nodeObject(node) })),
    { path: '/api/v1/namespaces/default/services', object: kubernetesService() },
    { path: slicesPath('default'), object: kubernetesSlice(topology) },
    { path: '/api/v1/namespaces/kube-system/services', object: dnsService() },
    ...clientPods(topology).map((pod) => ({ path: '/api/v1/namespaces/shop/pods', object: podObject(pod) })),
    { path: '/apis/apps/v1/namespaces/shop/deployments', object: webDeployment() },
  ];
}

export function slicesPath(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}

/** A Pod already bound to its node; the kubelet fills in its status. */
export function podObject(pod: PodMachine): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: pod.namespace, labels: { app: pod.app } },
    spec: {
      nodeName: pod.node,
      containers: [
        {
          name: 'server',
          image: 'playground',
          ports: [
            { name: 'http', containerPort: POD_PORTS.http, protocol: 'TCP' },
            { name: 'udp', containerPort: POD_PORTS.http, protocol: 'UDP' },
            { name: 'echo', containerPort: POD_PORTS.echo, protocol: 'TCP' },
          ],
        },
      ],
    },
  };
}

export interface EndpointSliceObject {
  readonly metadata: { readonly name: string; readonly labels: object };
  readonly endpoints: readonly object[];
  readonly [field: string]: unknown;
}

/** The DNS Service's slice of one family: every node's agent, ready as its own /readyz says. */
export function dnsSlice(
  addressType: 'IPv4' | 'IPv6',
  nodes: readonly { readonly node: NodeMachine; readonly ready: boolean }[],
): EndpointSliceObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `kube-dns-${addressType.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': 'kube-dns' },
    },
    addressType,
    ports: [
      { name: 'dns', protocol: 'UDP', port: DNS_PORT },
      { name: 'dns-tcp', protocol: 'TCP', port: DNS_PORT },
    ],
    endpoints: nodes.map(({ node, ready }) => ({
      addresses: [addressType === 'IPv4' ? node.ipv4 : node.ipv6],
      conditions: { ready, serving: ready, terminating: false },
      nodeName: node.name,
      zone: node.zone,
    })),
  };
}

function clientPods(topology: Topology): PodMachine[] {
  return topology.nodes.flatMap((node) => node.pods.filter((pod) => pod.app === 'client'));
}

function nodeObject(node: NodeMachine): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': node.zone,
      },
    },
    spec: { podCIDR: node.podCIDRs[0], podCIDRs: node.podCIDRs },
    status: {
      addresses: [
        { type: 'InternalIP', address: node.ipv4 },
        { type: 'InternalIP', address: node.ipv6 },
        { type: 'Hostname', address: node.name },
      ],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function kubernetesService(): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIP: KUBERNETES_SERVICE_IP, ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  };
}

function kubernetesSlice(topology: Topology): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', protocol: 'TCP', port: topology.api.port }],
    endpoints: [{ addresses: [topology.api.ipv4], conditions: { ready: true } }],
  };
}

function dnsService(): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      clusterIP: DNS_SERVICE_IP,
      ipFamilyPolicy: 'PreferDualStack',
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: DNS_PORT },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: DNS_PORT },
      ],
    },
  };
}

function webDeployment(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'server', image: 'playground' }] },
      },
    },
  };
}
