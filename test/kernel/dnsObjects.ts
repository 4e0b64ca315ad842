/** The DNS Service of both families, Nodes with agents that are its endpoints, and how long these answer for it. */
import type { Netns } from '../../src/playground/network/netns.ts';

export interface NodeAddresses {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export const DNS_VIPS = ['10.96.0.10', 'fd00:96::10'] as const;

export function nodeObject({ name, ipv4, ipv6 }: NodeAddresses): object {
  const addresses = [ipv4, ipv6].map((address) => ({ type: 'InternalIP', address }));
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { addresses } };
}

/** The agents of all these nodes serve it, whether they are there or not. */
export function dnsObjects(nodes: readonly NodeAddresses[]): readonly object[] {
  const portsAt = (port: number): readonly object[] =>
    ['UDP', 'TCP'].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, protocol, port }));
  const metadata = { name: 'kube-dns', namespace: 'kube-system' };
  const slices = (['IPv4', 'IPv6'] as const).map((addressType) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...metadata,
      name: `kube-dns-${addressType.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': 'kube-dns' },
    },
    addressType,
    ports: portsAt(10_053),
    endpoints: nodes.map(({ name, ipv4, ipv6 }) => ({
      addresses: [addressType === 'IPv4' ? ipv4 : ipv6],
      nodeName: name,
    })),
  }));
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        clusterIP: DNS_VIPS[0],
        clusterIPs: DNS_VIPS,
        ipFamilies: ['IPv4', 'IPv6'],
        ports: portsAt(53),
      },
    },
    ...slices,
  ];
}

/** Seconds that each address is still led to this node for, by the kernel's own clock. */
export async function leases(node: Netns): Promise<number[]> {
  const lists = ['FAIRLEAD-DNS-4', 'FAIRLEAD-DNS-6'].map((set) => node.run('ipset', 'list', set));
  return (await Promise.all(lists)).flatMap(({ stdout }) =>
    Array.from(stdout.matchAll(/^\S+ timeout (\d+)/gm), ([, seconds]) => Number(seconds)),
  );
}
