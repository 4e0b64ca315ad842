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
import { FAMILIES, type Family, familyOf } from '../src/net/ip.ts';
import { renderRuleset } from '../src/proxy/iptables/render.ts';
import { proxySettings } from '../test/proxy/cluster.ts';
import { makeCluster } from '../test/support/cluster.ts';

const ENDPOINTS = 5;
const NODE = { IPv4: '192.168.0.1', IPv6: 'fd00:192::1' };
const OUTSIDE = { IPv4: '203.0.113.2', IPv6: '2001:db8::2' };
const NO_SERVICE = { IPv4: '198.51.100.1', IPv6: '2001:db8::1' };

interface Target {
  readonly address: string;
  readonly port: number;
}

type Way = 'clusterIP' | 'external IP' | 'NodePort';

const sizes = process.argv.slice(2).map(Number);
for (const services of sizes.length > 0 ? sizes : [1000, 10_000]) measure(services);

function measure(count: number): void {
  const size = {
    services: count,
    endpointsPerService: ENDPOINTS,
    namespaces: 20,
    nodes: 50,
    dualStack: true,
  };
  const cluster = makeCluster(size);
  const services = cluster.services.map((service, i) => ({
    ...service,
    externalIPs: i % 10 === 5 ? [`198.18.${i >>> 8}.${i & 0xff}`, `fd00:198::${(i + 1).toString(16)}`] : [],
  }));
  const settings = proxySettings({ nodeName: 'node-0' });
  const catalog = new Catalog({ nodeName: settings.nodeName });
  for (const record of [...cluster.namespaces, ...cluster.nodes, ...services, ...cluster.slices]) {
    catalog.upsert(record);
  }
  for (const kind of ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  for (const family of FAMILIES) {
    const addresses = [NODE[family]];
    const ruleset = parseRuleset(renderRuleset(catalog.picture, settings, family, addresses));
    const walked = ({ address: destination, port }: Target): number => {
      const ends = { source: OUTSIDE[family], destination, port, protocol: 'tcp' } as const;
      const outcomes = trace(ruleset, { ...ends, entersBy: 'eth0' }, { addresses });
      return Math.max(...outcomes.map((outcome) => outcome.walked));
    };
    for (const way of ['clusterIP', 'external IP', 'NodePort'] as const) {
      const counts = services
        .flatMap((service) => targets(service, way, family))
        .map(walked)
        .sort((a, b) => a - b);
      const middle = counts[counts.length >> 1] ?? 0;
      report(count, family, `by ${way}`, `${middle} median, ${counts.at(-1) ?? 0} at most`);
    }
    const nowhere = walked({ address: NO_SERVICE[family], port: 80 });
    report(count, family, 'to no Service’s address', String(nowhere));
  }
}

function targets(service: ServiceRecord, way: Way, family: Family): readonly Target[] {
  const { clusterIPs, externalIPs, ports } = service;
  const port80 = (addresses: readonly string[]): readonly Target[] =>
    addresses.filter((address) => familyOf(address) === family).map((address) => ({ address, port: 80 }));
  switch (way) {
    case 'clusterIP':
      return port80(clusterIPs);
    case 'external IP':
      return port80(externalIPs);
    case 'NodePort':
      return ports
        .filter(({ nodePort }) => nodePort !== 0)
        .map(({ nodePort }) => ({ address: NODE[family], port: nodePort }));
    default:
      return way satisfies never;
  }
}

function report(services: number, family: Family, figure: string, value: string): void {
  const what = `rules walked, ${services} x ${ENDPOINTS}, ${family}: ${figure}`;
  process.stdout.write(`${what.padEnd(58)} ${value}\n`);
}
