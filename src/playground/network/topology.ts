/** The playground's cluster, laid out once: which machines there are, where they are, what their addresses are. */

export interface NodeMachine {
  readonly kind: 'node';
  readonly name: string;
  readonly zone: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** One a family. */
  readonly podCIDRs: readonly [string, string];
  /** First of its ranges: on the node's end of every pod's veth pair. */
  readonly podGateway: { readonly ipv4: string; readonly ipv6: string };
  readonly pods: readonly PodMachine[];
}

/** A place for a pod: its network exists from the start, its Pod object comes and goes. */
export interface PodMachine {
  readonly kind: 'pod';
  readonly name: string;
  readonly namespace: string;
  /** Label `app`. */
  readonly app: string;
  readonly node: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** A computer that is no part of the cluster, on the same network as the nodes. */
export interface OutsideMachine {
  readonly kind: 'outside';
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export type Machine = NodeMachine | PodMachine | OutsideMachine;

export interface Topology {
  readonly nodes: readonly NodeMachine[];
  readonly outside: OutsideMachine;
  /** Where the API server is reached on the nodes' network. */
  readonly api: { readonly ipv4: string; readonly ipv6: string; readonly port: number };
  /** The pods' ranges of all nodes together, one a family. */
  readonly clusterCIDRs: readonly [string, string];
}

/** Pods of both nodes: names alternate, so that any number of `web` pods is spread evenly. */
const PODS: readonly (readonly [name: string, app: string])[][] = [
  [
    ['client-1', 'client'],
    ['web-1', 'web'],
    ['web-3', 'web'],
  ],
  [
    ['client-2', 'client'],
    ['web-2', 'web'],
    ['web-4', 'web'],
  ],
];

export const TOPOLOGY: Topology = {
  nodes: PODS.map((pods, i) => nodeMachine(i + 1, pods)),
  outside: { kind: 'outside', name: 'outside', ipv4: '192.168.100.50', ipv6: 'fd00:192:168:100::50' },
  api: { ipv4: '192.168.100.1', ipv6: 'fd00:192:168:100::1', port: 6443 },
  clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/48'],
};

export function podMachines(topology: Topology): PodMachine[] {
  return topology.nodes.flatMap((node) => node.pods);
}

export function machines(topology: Topology): Machine[] {
  return [...topology.nodes, ...podMachines(topology), topology.outside];
}

function nodeMachine(n: number, pods: readonly (readonly [string, string])[]): NodeMachine {
  const name = `node-${n}`;
  return {
    kind: 'node',
    name,
    zone: n === 1 ? 'east' : 'west',
    ipv4: `192.168.100.${10 + n}`,
    ipv6: `fd00:192:168:100::${10 + n}`,
    podCIDRs: [`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`],
    podGateway: { ipv4: `10.244.${n}.1`, ipv6: `fd00:10:244:${n}::1` },
    pods: pods.map(([pod, app], i) => ({
      kind: 'pod',
      name: pod,
      namespace: 'shop',
      app,
      node: name,
      ipv4: `10.244.${n}.${2 + i}`,
      ipv6: `fd00:10:244:${n}::${2 + i}`,
    })),
  };
}
