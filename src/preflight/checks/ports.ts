/** Ports that the agent wants, and who has them now. */
import type { Settings } from '../../config/settings.ts';
import type { ListeningSocket } from '../../host/listening.ts';
import { formatSocketAddress, type SocketAddress } from '../../net/socketAddress.ts';
import type { ClusterFacts } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';
import type { NodeFacts } from '../nodeFacts.ts';

/** The agent's own, where DNS is answered for other nodes; as --dns-listen has it. */
const DNS_PORT = 10_053;

interface Wanted {
  readonly port: number;
  readonly address: string;
  readonly protocols: readonly ListeningSocket['protocol'][];
  readonly what: string;
}

/** Who gives its ports up when the move is done. */
const LEAVING: Readonly<Record<string, string>> = {
  'kube-proxy': 'kube-proxy',
  coredns: 'CoreDNS',
  'node-cache': 'NodeLocal DNSCache',
  k3s: "k3s's kube-proxy",
};

/** Nothing to say of a node whose agent runs already: what it serves on is taken by itself. */
export function checkPorts({ settings, node: looked, cluster }: Facts): readonly Finding[] {
  const node = valueOf(looked);
  if (node === undefined || valueOf(node.agent) !== undefined) return [];
  if (node.listening.kind === 'unknown') {
    return [warning('ports', `were not looked at: ${node.listening.why}`, 'run preflight as root')];
  }
  const sockets = valueOf(node.listening) ?? [];
  const findings = wantedPorts(settings, dnsAddressesOf(node, valueOf(cluster))).flatMap((wanted) => {
    const holders = sockets.filter((socket) => clashes(wanted, socket));
    if (holders.length === 0) return [];
    const isSeen = node.seesAllProcesses || holders.every(({ program }) => program !== '');
    return [isSeen ? taken(wanted, holders) : takenBySomebody(wanted, holders)];
  });
  return findings.length > 0 ? findings : [ok('ports', 'all that the agent serves on are free')];
}

/** Without a cluster to ask, what the kubelet tells pods to ask. */
function dnsAddressesOf(node: NodeFacts, cluster: ClusterFacts | undefined): readonly string[] {
  return (
    (cluster === undefined ? undefined : valueOf(cluster.dnsService)) ??
    valueOf(node.kubelet)?.clusterDNS ??
    []
  );
}

/** Ports to look at, for whoever gathers the facts. */
export function portsOf(settings: Settings): ReadonlySet<number> {
  return new Set(wantedPorts(settings, ['0.0.0.0']).map(({ port }) => port));
}

function wantedPorts(settings: Settings, dnsAddresses: readonly string[]): Wanted[] {
  const http = (what: string, at: SocketAddress | undefined): Wanted[] =>
    at === undefined ? [] : [{ what, ...at, protocols: ['TCP'] }];
  const names = (address: string, port: number): Wanted => ({
    what: `names on ${address}`,
    address,
    port,
    protocols: ['UDP', 'TCP'],
  });
  const listen =
    settings.dnsListen.length > 0 ? settings.dnsListen : [{ address: '0.0.0.0', port: DNS_PORT }];
  return [
    ...http('--healthz-bind-address', settings.healthzBindAddress),
    ...http('--metrics-bind-address', settings.metricsBindAddress),
    ...(settings.dns
      ? [
          ...http('--dns-metrics-bind-address', settings.dnsMetricsBindAddress),
          ...http('--dns-health-bind-address', settings.dnsHealthBindAddress),
          ...http('--dns-ready-bind-address', settings.dnsReadyBindAddress),
          ...listen.map(({ address, port }) => names(address, port)),
          ...[...dnsAddresses, ...settings.dnsNodeLocal].map((address) => names(address, 53)),
        ]
      : []),
  ];
}

/** As the kernel sees it: who has all addresses has this one too, and Node's `::` is both families. */
function clashes(wanted: Wanted, socket: ListeningSocket): boolean {
  if (socket.port !== wanted.port || !wanted.protocols.includes(socket.protocol)) return false;
  const all = (address: string): boolean => address === '::' || address === '0.0.0.0';
  if (all(socket.address) || all(wanted.address)) {
    return sameFamily(socket.address, wanted.address) || socket.address === '::' || wanted.address === '::';
  }
  return socket.address === wanted.address;
}

function sameFamily(a: string, b: string): boolean {
  return a.includes(':') === b.includes(':');
}

function taken({ what, port }: Wanted, holders: readonly ListeningSocket[]): Finding {
  const programs = [...new Set(holders.map(({ program }) => program))];
  const who = programs.map((program) => program || 'a program that cannot be seen from here').join(', ');
  const text = `${what}: ${who} listens on ${placesOf(holders)}`;
  const leaving = programs.map((program) => LEAVING[program]);
  return leaving.every((name) => name !== undefined)
    ? warning(`port ${port}`, text, `taken as soon as ${leaving.join(' and ')} leaves this node`)
    : blocker(`port ${port}`, text, 'stop it, or choose another place with that flag');
}

/** It may be a program that is about to leave, or one that stays: that is for somebody to see who can. */
function takenBySomebody({ what, port }: Wanted, holders: readonly ListeningSocket[]): Finding {
  return warning(
    `port ${port}`,
    `${what}: ${placesOf(holders)} is taken, by whom cannot be seen from inside this container`,
    "give preflight the node's processes (hostPID: true), or run it on the node itself; who is not leaving is in the way",
  );
}

function placesOf(holders: readonly ListeningSocket[]): string {
  return [...new Set(holders.map((socket) => place(socket)))].join(', ');
}

function place({ protocol, address, port }: ListeningSocket): string {
  return `${protocol} ${formatSocketAddress({ address, port })}`;
}
