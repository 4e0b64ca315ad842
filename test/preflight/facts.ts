/** Facts of a healthy kubeadm cluster and one of its nodes; tests say what differs. */
import { parseOptions } from '../../src/commands/line/options.ts';
import { flagOptions } from '../../src/config/flags.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { ConfigMapRecord } from '../../src/kube/records.ts';
import type { ClusterFacts, ConfigMapKey, NodeObject, Workload } from '../../src/preflight/clusterFacts.ts';
import { CONFIG_MAPS } from '../../src/preflight/clusterFacts.ts';
import type { Facts } from '../../src/preflight/facts.ts';
import { ABSENT, found, type Looked } from '../../src/preflight/looked.ts';
import type { HeldRules, IptablesFacts, NodeFacts } from '../../src/preflight/nodeFacts.ts';

export const IPTABLES: IptablesFacts = {
  variant: 'nft',
  because: "the kubelet's hint",
  version: 'iptables v1.8.9 (nf_tables)',
  families: ['IPv4', 'IPv6'],
  leftOut: [],
  held: [held(), held({ family: 'IPv6' }), held({ variant: 'legacy' })],
};

export function held(over: Partial<HeldRules> = {}): HeldRules {
  return { variant: 'nft', family: 'IPv4', rules: 0, serviceChains: 0, canary: false, ...over };
}

export function nodeFacts(over: Partial<NodeFacts> = {}): NodeFacts {
  return {
    kernel: '6.1.0-18-amd64',
    iptables: found(IPTABLES),
    refused: found([]),
    missingPrograms: [],
    conntrack: found({ count: 812, max: 262_144 }),
    nftTables: [],
    proxyMode: ABSENT,
    links: [
      { name: 'lo', addresses: ['127.0.0.1', '::1'] },
      { name: 'eth0', addresses: ['192.168.0.2'] },
    ],
    kubelet: found({
      file: '/var/lib/kubelet/config.yaml',
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
    }),
    listening: found([]),
    seesAllProcesses: true,
    agent: ABSENT,
    ...over,
  };
}

export function nodeObject(over: Partial<NodeObject> = {}): NodeObject {
  return {
    name: 'n1',
    addresses: ['192.168.0.2'],
    podCIDRs: ['10.244.0.0/24'],
    kubelet: 'v1.34.2',
    kernel: '6.1.0-18-amd64',
    platform: 'linux/amd64',
    ...over,
  };
}

export function workload(name: string, over: Partial<Workload> = {}): Workload {
  return {
    namespace: 'kube-system',
    name,
    image: `registry.example/${name}:v1`,
    args: [],
    ready: 2,
    wanted: 2,
    ...over,
  };
}

export function clusterFacts(over: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    server: 'https://192.168.0.10:6443',
    version: 'v1.34.2',
    nodes: found([nodeObject()]),
    daemonSets: found([]),
    deployments: found([]),
    configMaps: configMaps({}),
    dnsService: found(['10.96.0.10']),
    apiService: found(['10.96.0.1']),
    calicoBpf: ABSENT,
    access: [
      { access: { group: '', resource: 'services', verbs: ['list', 'watch'] }, denied: [], unasked: '' },
    ],
    ...over,
  };
}

/** ConfigMaps of kube-system by key, each as its data; the others do not exist. */
export function configMaps(
  data: Partial<Record<ConfigMapKey, Readonly<Record<string, string>>>>,
): ClusterFacts['configMaps'] {
  const map = (key: ConfigMapKey): Looked<ConfigMapRecord> => {
    const texts = data[key];
    if (texts === undefined) return ABSENT;
    return found({
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: CONFIG_MAPS[key],
      data: new Map(Object.entries(texts)),
    });
  };
  return {
    kubeProxy: map('kubeProxy'),
    coredns: map('coredns'),
    corednsCustom: map('corednsCustom'),
    kubeDns: map('kubeDns'),
    nodeLocal: map('nodeLocal'),
    cilium: map('cilium'),
    antrea: map('antrea'),
  };
}

export interface FactsGiven {
  readonly node?: NodeFacts | undefined;
  readonly cluster?: ClusterFacts | undefined;
  /** Flags of the command line, separated by spaces. */
  readonly flags?: string;
}

export async function factsOf({ node, cluster, flags = '' }: FactsGiven): Promise<Facts> {
  const line = `--node-name n1 --cluster-cidr 10.244.0.0/16 ${flags}`.trim().split(' ');
  const { values } = parseOptions(line, flagOptions());
  const { settings } = await loadSettings(values, {
    env: {},
    hostname: () => 'n1',
    readText: () => Promise.reject(new Error('no file')),
  });
  return {
    settings,
    node: node === undefined ? ABSENT : found(node),
    cluster: cluster === undefined ? ABSENT : found(cluster),
  };
}
