/**
 * How many rules a new connection is held against, in all tables, until it is on its way.
 *
 *     node bench/rulesWalked.ts [SERVICES...]
 *
 * Counted by tracing a packet to every Service through the rules that the agent would write: it needs no kernel.
 */
import { Catalog } from '../src/catalog/catalog.ts';
import { parseRuleset } from '../src/explain/tracer/ruleset.ts';
import { trace } from '../src/explain/tracer/trace.ts';
import type { ServiceRecord } from '../src/kube/records.ts';
import { renderRuleset } from '../src/proxy/iptables/render.ts';
import { proxySettings } from '../test/proxy/cluster.ts';
import { makeCluster } from '../test/support/cluster.ts';

const ENDPOINTS = 5;
const NODE = '192.168.0.1';
const OUTSIDE = '203.0.113.2';

interface Target {
  readonly address: string;
  readonly port: number;
}

type Way = 'clusterIP' | 'external IP' | 'NodePort';

const sizes = process.argv.slice(2).map(Number);
for (const services of sizes.length > 0 ? sizes : [1000, 10_000]) measure(services);

function measure(count: number): void {
  const cluster = makeCluster({ services: count, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  // Every other way in, as the cluster has clusterIPs for all Services and NodePorts for some.
  const services = cluster.services.map((service, i) => ({
    ...service,
    externalIPs: i % 10 === 5 ? [`198.18.${i >>> 8}.${i & 0xff}`] : [],
  }));
  const settings = proxySettings({ nodeName: 'node-0' });
  const catalog = new Catalog({ nodeName: settings.nodeName });
  for (const record of [...cluster.namespaces, ...cluster.nodes, ...services, ...cluster.slices]) {
    catalog.upsert(record);
  }
  for (const kind of ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  const ruleset = parseRuleset(renderRuleset(catalog.picture, settings, 'IPv4', [NODE]));

  const walked = ({ address, port }: Target): number => {
    const packet = {
      source: OUTSIDE,
      destination: address,
      port,
      protocol: 'tcp',
      entersBy: 'eth0',
    } as const;
    return Math.max(...trace(ruleset, packet, { addresses: [NODE] }).map((outcome) => outcome.walked));
  };
  for (const way of ['clusterIP', 'external IP', 'NodePort'] as const) {
    const counts = services
      .flatMap((service) => targets(service, way))
      .map(walked)
      .sort((a, b) => a - b);
    report(count, `by ${way}`, `${counts[counts.length >> 1] ?? 0} median, ${counts.at(-1) ?? 0} at most`);
  }
  report(count, 'to an address that is no Service’s', String(walked({ address: '198.51.100.1', port: 80 })));
}

function targets({ clusterIPs, externalIPs, ports }: ServiceRecord, way: Way): readonly Target[] {
  switch (way) {
    case 'clusterIP':
      return clusterIPs.map((address) => ({ address, port: 80 }));
    case 'external IP':
      return externalIPs.map((address) => ({ address, port: 80 }));
    case 'NodePort':
      return ports
        .filter(({ nodePort }) => nodePort !== 0)
        .map(({ nodePort }) => ({ address: NODE, port: nodePort }));
    default:
      return way satisfies never;
  }
}

function report(services: number, figure: string, value: string): void {
  process.stdout.write(`${`rules walked, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(58)} ${value}\n`);
}
