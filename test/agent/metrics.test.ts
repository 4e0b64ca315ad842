import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentMetrics } from '../../src/agent/metrics/agentMetrics.ts';
import { conntrackMetrics } from '../../src/agent/metrics/conntrackMetrics.ts';
import { DnsMetrics } from '../../src/agent/metrics/dnsMetrics.ts';
import { localMetrics } from '../../src/agent/metrics/localMetrics.ts';
import { SyncMetrics } from '../../src/agent/metrics/syncMetrics.ts';
import { createObserver } from '../../src/agent/observer.ts';
import type { Endpoint, EndpointGroup } from '../../src/catalog/endpoint.ts';
import type { ChangeSet, Picture, ServiceEntry } from '../../src/catalog/picture.ts';
import type { Service } from '../../src/catalog/service.ts';
import { DnsCounters } from '../../src/dns/server/counters.ts';
import { ConntrackCounters } from '../../src/proxy/conntrack/counters.ts';
import { exposition } from '../../src/telemetry/exposition.ts';
import type { MetricFamily } from '../../src/telemetry/metric.ts';
import { FakeClock } from '../fake/clock.ts';

async function scrape(families: readonly MetricFamily[]): Promise<string> {
  return (await exposition(families)()).body;
}

/** Sample lines of one metric, without its buckets. */
function samplesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name) && !line.includes('_bucket'));
}

const REPORT = { services: 2, restores: 3, milliseconds: 20, setAside: [] };
const describeBackend = () => ({ variant: 'nft', families: ['IPv4'] as const, services: 2, rules: 40 });

test('syncs as kube-proxy tells them', async () => {
  const metrics = new SyncMetrics(describeBackend);
  metrics.queued(2, 1_000_000);
  metrics.synced(REPORT, true, 1_002_000, [1_001_000]);
  metrics.synced({ ...REPORT, milliseconds: 2 }, false, 1_003_000, []);
  metrics.failed();
  await expect(await scrape(metrics.families())).toMatchFileSnapshot(golden('sync'));
});

test('deleted UDP flows as kube-proxy tells them', async () => {
  const counters = new ConntrackCounters();
  counters.of('IPv4').seconds.observe(0.25);
  counters.of('IPv4').deleted = 10_000;
  const metrics = conntrackMetrics(counters, () => ['IPv4', 'IPv6']);
  await expect(await scrape(metrics)).toMatchFileSnapshot(golden('conntrack'));
});

test('queries as CoreDNS tells them', async () => {
  const counters = new DnsCounters();
  counters.countRequest(0, 0, 1);
  counters.countRequest(0, 0, 1);
  counters.countRequest(1, 1, 28);
  counters.countRequest(0, 1, 4711);
  counters.countResponse(0, 0.0001);
  counters.countResponse(3, 0.5);
  counters.dropped = 1;
  const metrics = new DnsMetrics(
    () => counters,
    () => ({
      upstreams: [{ server: '192.0.2.53:53', healthy: false, queries: 9, failures: 2 }],
      cacheEntries: 3,
      cacheHits: 7,
      cacheMisses: 9,
    }),
  );
  metrics.programmed(true, 0.1);
  await expect(await scrape(metrics.families())).toMatchFileSnapshot(golden('dns'));
});

test('the agent about itself', async () => {
  const text = await scrape(
    agentMetrics(
      {
        services: () => 3,
        endpoints: () => 9,
        problems: () => 1,
        waitingMs: () => 1500,
        sources: () => [
          { kind: 'Service', synced: true, error: '', heardAt: 10_000 },
          { kind: 'Node', synced: false, error: 'refused', heardAt: 0 },
        ],
        now: () => 14_000,
      },
      { healthz: new Map([[200, 5]]), livez: new Map([[503, 1]]) },
    ),
  );
  await expect(text).toMatchFileSnapshot(golden('agent'));
});

function golden(name: string): string {
  return join(import.meta.dirname, `../golden/metrics/${name}.txt`);
}

const group = (name: string, triggeredAt: number): EndpointGroup => ({
  name,
  family: 'IPv4',
  ports: [],
  endpoints: [] as Endpoint[],
  triggeredAt,
});

function pictureOf(groups: readonly EndpointGroup[], headless: boolean): [Picture, ChangeSet] {
  const service = { key: 'shop/web', headless } as Service;
  const services = new Map<string, ServiceEntry>([['shop/web', { service, groups }]]);
  const none = new Set<string>();
  const picture = {
    services,
    namespaces: none,
    node: undefined,
    pods: new Map(),
    problems: new Map(),
    synced: true,
  };
  const changes = {
    services: new Set(['shop/web']),
    namespaces: none,
    node: false,
    pods: none,
    problems: none,
  };
  return [picture, { ...changes, synced: false }];
}

test.each([
  [false, 'cluster_ip', 1],
  [true, 'headless_with_selector', 0],
])('the time from a pod to answers and to rules is measured, headless %s', async (headless, kind, ruled) => {
  const clock = new FakeClock();
  const sync = new SyncMetrics(describeBackend);
  const dns = new DnsMetrics(
    () => new DnsCounters(),
    () => undefined,
  );
  const observer = createObserver({ clock, sync, dns });
  const before = group('before', clock.now() - 1);
  const first = group('first', clock.now());
  await clock.advance(1_000);
  observer.published(...pictureOf([before, first], headless));
  await clock.advance(2_000);
  observer.synced(REPORT, false);
  observer.synced(REPORT, false);
  // The same slice again says nothing new.
  observer.published(...pictureOf([before, first], headless));
  observer.synced(REPORT, false);
  const answers = samplesOf(await scrape(dns.families()), 'coredns_kubernetes_dns_programming');
  expect(answers).toContain(
    `coredns_kubernetes_dns_programming_duration_seconds_sum{service_kind="${kind}"} 1`,
  );
  expect(answers).toContain(
    `coredns_kubernetes_dns_programming_duration_seconds_count{service_kind="${kind}"} 1`,
  );
  expect(samplesOf(await scrape(sync.families()), 'kubeproxy_network_programming')).toEqual([
    `kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"} ${3 * ruled}`,
    `kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"} ${ruled}`,
  ]);
});

test('ports without a local endpoint, by policy and family', async () => {
  const noLocal = {
    count: (family: string, side: string) => (family === 'IPv4' ? 2 : 0) + (side === 'internal' ? 1 : 0),
  };
  const text = await scrape(localMetrics(noLocal, () => ['IPv4', 'IPv6']));
  const name = 'kubeproxy_sync_proxy_rules_no_local_endpoints_total';
  expect(samplesOf(text, name)).toEqual([
    `${name}{traffic_policy="internal",ip_family="IPv4"} 3`,
    `${name}{traffic_policy="external",ip_family="IPv4"} 2`,
    `${name}{traffic_policy="internal",ip_family="IPv6"} 1`,
    `${name}{traffic_policy="external",ip_family="IPv6"} 0`,
  ]);
});
