/** Plans for tests of rules. */
import type { PortEndpoint } from '../../src/catalog/portEndpoint.ts';
import type { PlanNode, PortPlan } from '../../src/proxy/plan/servicePlan.ts';
import { NODE, NODE_IP } from './cluster.ts';

export const planNode: PlanNode = {
  name: NODE,
  zone: 'a',
  addresses: [NODE_IP, 'fd00:192::2'],
  podCIDRs: [],
};

/** `10.0.0.1:80` or `[fd00::1]:80` */
export function portEndpoint(text: string): PortEndpoint {
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
  return {
    address,
    port: Number(port),
    text,
    ready: true,
    serving: true,
    terminating: false,
    local: false,
    zoneHints: [],
    nodeHints: [],
  };
}

/** Port 80 of `shop/web` with one endpoint, reachable by its clusterIP only. */
export function plan(fields: Partial<PortPlan> = {}): PortPlan {
  const endpoints = [portEndpoint('10.0.1.1:8080')];
  return {
    name: 'shop/web:http',
    protocol: 'TCP',
    clusterIP: '172.30.0.41',
    port: 80,
    nodePort: 0,
    externalIPs: [],
    loadBalancerVIPs: [],
    sourceRanges: [],
    nodeInSourceRanges: false,
    healthCheckNodePort: 0,
    affinitySeconds: 0,
    mode: '',
    proxyProtocol: false,
    internalLocal: false,
    externalLocal: false,
    external: false,
    cluster: endpoints,
    local: [],
    reachable: endpoints,
    hasEndpoints: true,
    hasInternal: true,
    hasExternal: true,
    firewalled: false,
    ...fields,
  };
}
