/** What is to be known of a cluster, before Fairlead runs in it. */
import type { ConfigMapRecord } from '../kube/records.ts';
import type { Access } from '../kube/transport/access.ts';
import type { Looked } from './looked.ts';

export interface ClusterFacts {
  readonly server: string;
  /** `v1.34.2` */
  readonly version: string;
  readonly nodes: Looked<readonly NodeObject[]>;
  readonly daemonSets: Looked<readonly Workload[]>;
  readonly deployments: Looked<readonly Workload[]>;
  readonly configMaps: Readonly<Record<ConfigMapKey, Looked<ConfigMapRecord>>>;
  /** clusterIPs of the Service that `--dns-service` names. */
  readonly dnsService: Looked<readonly string[]>;
  /** clusterIPs of Service `default/kubernetes`: the API server, by way of a node's rules. */
  readonly apiService: Looked<readonly string[]>;
  /** `bpfEnabled` of Calico's default FelixConfiguration. */
  readonly calicoBpf: Looked<boolean>;
  readonly access: readonly AccessAnswer[];
}

/** ConfigMaps of kube-system that say how a cluster routes and resolves now. */
export const CONFIG_MAPS = {
  kubeProxy: 'kube-proxy',
  coredns: 'coredns',
  corednsCustom: 'coredns-custom',
  kubeDns: 'kube-dns',
  nodeLocal: 'node-local-dns',
  cilium: 'cilium-config',
  antrea: 'antrea-config',
} as const;
export type ConfigMapKey = keyof typeof CONFIG_MAPS;

export interface NodeObject {
  readonly name: string;
  /** InternalIPs, canonical. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  /** `v1.34.2`, `v1.34.2+k3s1` */
  readonly kubelet: string;
  readonly kernel: string;
  /** `linux/amd64` */
  readonly platform: string;
}

/** A DaemonSet or Deployment. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  /** Of its first container, as the next two. */
  readonly image: string;
  readonly args: readonly string[];
  readonly ready: number;
  readonly wanted: number;
}

export interface AccessAnswer {
  readonly access: Access;
  /** Verbs that are not allowed. */
  readonly denied: readonly string[];
  /** Why it could not be asked; empty when it could. */
  readonly unasked: string;
}
