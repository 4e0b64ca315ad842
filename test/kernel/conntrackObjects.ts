/** The Services of the conntrack test as a person would write them, in both families, with two pods behind them. */
import { FAMILIES, type Family } from '../../src/net/ip.ts';

export const PODS: Readonly<Record<string, Readonly<Record<Family, string>>>> = {
  'web-1': { IPv4: '10.244.1.2', IPv6: 'fd00:244:1::2' },
  'web-2': { IPv4: '10.244.2.2', IPv6: 'fd00:244:2::2' },
};
export const CLUSTER_IPS = { IPv4: '10.96.0.30', IPv6: 'fd00:96::30' } as const;
export const OTHER_IPS = { IPv4: '10.96.0.31', IPv6: 'fd00:96::31' } as const;
export const NODE_IPS = { IPv4: '10.244.9.1', IPv6: 'fd00:244:9::1' } as const;
export const NODE_PORT = 30_030;
export const OUTSIDE = {
  IPv4: { externalIP: '198.51.100.30', vip: '192.0.2.30' },
  IPv6: { externalIP: '2001:db8:e::30', vip: '2001:db8:f::30' },
} as const;

/** Which pods serve `shop/phone`, `web-1 leaving` as long as it terminates; `web-1` always serves `shop/other`. */
export function objects(pods: readonly string[]): readonly object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status: { addresses: FAMILIES.map((family) => ({ type: 'InternalIP', address: NODE_IPS[family] })) },
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ...dualStack('phone', CLUSTER_IPS, pods, NODE_PORT, OUTSIDE),
    ...dualStack('other', OTHER_IPS, ['web-1'], NODE_PORT + 10),
  ];
}

function endpoint(pod: string, family: Family): object {
  const [name = '', leaving] = pod.split(' ');
  const terminating = leaving !== undefined;
  return {
    addresses: [PODS[name]?.[family]],
    conditions: { ready: !terminating, serving: true, terminating },
  };
}

function dualStack(
  name: string,
  ips: Readonly<Record<Family, string>>,
  pods: readonly string[],
  nodePort: number,
  outside?: typeof OUTSIDE,
): readonly object[] {
  const metadata = { name, namespace: 'shop' };
  const ports = [
    { name: 'udp', protocol: 'UDP', port: 80, targetPort: 8080, nodePort },
    { name: 'tcp', protocol: 'TCP', port: 90, targetPort: 9090, nodePort: nodePort + 1 },
  ];
  const clusterIPs = FAMILIES.map((family) => ips[family]);
  const [externalIPs, vips] = [
    FAMILIES.flatMap((family) => outside?.[family].externalIP ?? []),
    FAMILIES.flatMap((family) => outside?.[family].vip ?? []),
  ];
  const spec = { type: 'LoadBalancer', clusterIP: ips.IPv4, clusterIPs, ports, externalIPs };
  const status = { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } };
  const slices = FAMILIES.map((family) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${family.toLowerCase()}`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    ports: ports.map(({ name: port, protocol, targetPort }) => ({ name: port, protocol, port: targetPort })),
    endpoints: pods.map((pod) => endpoint(pod, family)),
  }));
  return [{ apiVersion: 'v1', kind: 'Service', metadata, spec, status }, ...slices];
}
