/** Pods that serve whatever a story needs, and the Service before them. */
import { once } from 'node:events';
import { join } from 'node:path';
import type { Netns } from '../../src/playground/network/netns.ts';
import type { Target } from '../support/exchange.ts';
import type { TestNet } from '../support/net.ts';

export const PEER_PORTS = { tcp: 7000, udp: 7001 } as const;
const PROGRAM = join(import.meta.dirname, '../support/peerProgram.ts');

/** A peer program; it listens when this resolves. */
export async function startPeer(net: TestNet, netns: Netns): Promise<void> {
  const { tcp, udp } = PEER_PORTS;
  const peer = net.start(netns, process.execPath, PROGRAM, String(tcp), String(udp));
  const started = await Promise.race([
    once(peer.stdout, 'data').then(() => true),
    once(peer, 'exit').then(() => false),
  ]);
  if (!started) throw new Error(`no peer in ${netns.name}`);
}

/** Service `shop/NAME` of both families with the ports of peers. */
export function peerService(
  name: string,
  clusterIPs: readonly [string, string],
  endpoints: readonly [v4: readonly string[], v6: readonly string[]],
): readonly object[] {
  const ports = (['tcp', 'udp'] as const).map((kind) => ({
    name: kind,
    protocol: kind.toUpperCase(),
    port: PEER_PORTS[kind],
  }));
  const slices = (['IPv4', 'IPv6'] as const).map((addressType, i) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${addressType.toLowerCase()}`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType,
    ports,
    endpoints: (endpoints[i] ?? []).map((address) => ({ addresses: [address], conditions: { ready: true } })),
  }));
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: {
        type: 'ClusterIP',
        clusterIP: clusterIPs[0],
        clusterIPs,
        ports: ports.map((port) => ({ ...port, targetPort: port.port })),
      },
    },
    ...slices,
  ];
}

/** Both ports by both addresses. */
export function targetsAt(hosts: readonly string[]): readonly Target[] {
  return hosts.flatMap((host) =>
    (['tcp', 'udp'] as const).map((protocol) => ({ protocol, host, port: PEER_PORTS[protocol] })),
  );
}
