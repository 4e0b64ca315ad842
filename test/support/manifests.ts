/** Objects as a person would write them, for tests that start at the source. */

export const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  status: { addresses: [{ type: 'InternalIP', address: '10.244.1.1' }] },
} as const;

/** A Service of namespace `shop` without endpoints. */
export function service(name: string, clusterIP: string, port: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ protocol: 'TCP', port, targetPort: 8080 }],
    },
  };
}

/** Service `shop/web`, 10.96.0.20:80, with one endpoint. */
export const WEB: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  service('web', '10.96.0.20', 80),
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true } }],
  },
];

/** The DNS Service, 10.96.0.10, without endpoints elsewhere. */
export const DNS: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 10053 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 10053 },
      ],
    },
  },
];
