/**
 * The wires of the playground: a bridge as the nodes' network, and on each node pods behind veth pairs.
 *
 * Pods are routed, one route a pod, as the `ptp` CNI plugin lays them, and not put on a bridge: packets between
 * two pods of one node then pass the node's netfilter hooks on every kernel, where a bridge needs the module
 * br_netfilter, which an ordinary user cannot load. Between nodes there is one route a pod range, as flannel's
 * host-gw makes them.
 */
import type { Exec } from '../../host/exec.ts';
import { inNetns, ipBatch, makeNetns, mustRun } from './netns.ts';
import { type NodeMachine, type PodMachine, podMachines, type Topology } from './topology.ts';

/** `ip` commands, without the word `ip`, to run in one namespace; an empty name is the one we are in. */
export interface NetnsCommands {
  readonly netns: string;
  readonly lines: readonly string[];
}

const NODE_SYSCTLS = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  // Userspace and NodePort replies may leave by another device than the request came in by.
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
];

const LAN = 'lan';

/** Makes the namespaces of all machines, named like them, and joins them. */
export async function layNetwork(exec: Exec, topology: Topology): Promise<void> {
  const names = [...topology.nodes, ...podMachines(topology), topology.outside].map(({ name }) => name);
  await Promise.all(names.map((name) => makeNetns(exec, name)));
  const nodes = topology.nodes.map(({ name }) => name);
  await Promise.all(nodes.map((name) => mustRun(exec, inNetns(name, ['sysctl', '-qw', ...NODE_SYSCTLS]))));
  for (const { netns, lines } of networkCommands(topology)) await ipBatch(exec, netns, lines);
}

export function networkCommands(topology: Topology): NetnsCommands[] {
  return [
    { netns: '', lines: lanCommands(topology) },
    ...topology.nodes.map((node) => ({ netns: node.name, lines: nodeCommands(node, topology) })),
    ...topology.nodes.flatMap((node) =>
      node.pods.map((pod) => ({ netns: pod.name, lines: podCommands(pod, node) })),
    ),
    { netns: topology.outside.name, lines: lanAddresses(topology.outside) },
  ];
}

function lanCommands(topology: Topology): string[] {
  const { api, nodes, outside } = topology;
  return [
    `link add ${LAN} type bridge`,
    `address add ${api.ipv4}/24 dev ${LAN}`,
    `address add ${api.ipv6}/64 dev ${LAN} nodad`,
    `link set ${LAN} up`,
    // The API server answers pods too, as one that runs on a node of the cluster would.
    ...nodes.flatMap((node) => [
      `route add ${node.podCIDRs[0]} via ${node.ipv4}`,
      `route add ${node.podCIDRs[1]} via ${node.ipv6}`,
    ]),
    ...[...nodes, outside].flatMap(({ name }) => [
      `link add ${name} type veth peer name eth0 netns ${name}`,
      `link set ${name} master ${LAN} up`,
    ]),
  ];
}

function lanAddresses(machine: { readonly ipv4: string; readonly ipv6: string }): string[] {
  return [
    `address add ${machine.ipv4}/24 dev eth0`,
    `address add ${machine.ipv6}/64 dev eth0 nodad`,
    'link set eth0 up',
  ];
}

function nodeCommands(node: NodeMachine, topology: Topology): string[] {
  const others = topology.nodes.filter((other) => other !== node);
  return [
    ...lanAddresses(node),
    `route add default via ${topology.api.ipv4}`,
    `route add default via ${topology.api.ipv6}`,
    ...others.flatMap((other) => [
      `route add ${other.podCIDRs[0]} via ${other.ipv4}`,
      `route add ${other.podCIDRs[1]} via ${other.ipv6}`,
    ]),
    ...node.pods.flatMap((pod) => [
      `link add ${pod.name} type veth peer name eth0 netns ${pod.name}`,
      `address add ${node.podGateway.ipv4}/32 dev ${pod.name}`,
      `address add ${node.podGateway.ipv6}/128 dev ${pod.name} nodad`,
      `link set ${pod.name} up`,
      // `src`: a pod shall see its own node under the address that other pods see it under.
      `route add ${pod.ipv4}/32 dev ${pod.name} src ${node.ipv4}`,
      `route add ${pod.ipv6}/128 dev ${pod.name} src ${node.ipv6}`,
    ]),
  ];
}

function podCommands(pod: PodMachine, { podGateway }: NodeMachine): string[] {
  return [
    `address add ${pod.ipv4}/32 dev eth0`,
    `address add ${pod.ipv6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${podGateway.ipv4}/32 dev eth0 scope link`,
    `route add default via ${podGateway.ipv4}`,
    `route add ${podGateway.ipv6}/128 dev eth0`,
    `route add default via ${podGateway.ipv6}`,
  ];
}
