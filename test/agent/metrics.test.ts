import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentMetrics } from '../../src/agent/metrics/agentMetrics.ts';
import { conntrackMetrics } from '../../src/agent/metrics/conntrackMetrics.ts';
import { DnsMetrics } from '../../src/agent/metrics/dnsMetrics.ts';
import { forwardMetrics } from '../../src/agent/metrics/forwardMetrics.ts';
import { localMetrics } from '../../src/agent/metrics/localMetrics.ts';
import { SyncMetrics } from '../../src/agent/metrics/syncMetrics.ts';
import { tableMetrics } from '../../src/agent/metrics/tableMetrics.ts';
import { createObserver } from '../../src/agent/observer.ts';
import type { Endpoint, EndpointGroup } from '../../src/catalog/endpoint.ts';
import type { ChangeSet, Picture, ServiceEntry } from '../../src/catalog/picture.ts';
import type { Service } from '../../src/catalog/service.ts';
import { COUNT, CacheCounts } from '../../src/dns/cache/counts.ts';
import type { ForwarderState } from '../../src/dns/forward/forwarder.ts';
import { DnsCounters } from '../../src/dns/server/counters.ts';
import type { Family } from '../../src/net/ip.ts';
import type { SyncReport } from '../../src/proxy/backend.ts';
import { ConntrackCounters } from '../../src/proxy/conntrack/counters.ts';
import { FamilyCounters } from '../../src/proxy/iptables/family/counters.ts';
import { RestoreError } from '../../src/proxy/iptables/kernel/restore.ts';
import { toolsOf } from '../../src/proxy/iptables/kernel/tools.ts';
import { exposition } from '../../src/telemetry/exposition.ts';
import { Histogram, type MetricFamily } from '../../src/telemetry/metric.ts';
import { FakeClock } from '../fake/clock.ts';

async function scrape(families: readonly MetricFamily[]): Promise<string> {
  return (await exposition(families)()).body;
}

/** Sample lines of one metric, without its buckets. */
function samplesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name) && !line.includes('_bucket'));
}

const V4 = (): readonly Family[] => ['IPv4'];

function report(milliseconds: number, full = true, v6?: number): SyncReport {
  const byFamily = [
    { family: 'IPv4' as const, full, milliseconds },
    ...(v6 === undefined ? [] : [{ family: 'IPv6' as const, full, milliseconds: v6 }]),
  ];
  const longest = Math.max(milliseconds, v6 ?? 0);
  return { services: 2, restores: 3, milliseconds: longest, setAside: [], byFamily };
}

test('syncs as kube-proxy tells them', async () => {
  const metrics = new SyncMetrics(() => ['IPv4', 'IPv6']);
  metrics.queued(1_000_000);
  const triggers = [{ at: 1_001_000, family: 'IPv4' as const }];
  metrics.synced(report(20, true, 10), 1_002_000, [{ waited: 5, triggers }]);
  metrics.synced(report(2, false), 1_003_000, []);
  await expect(await scrape(metrics.families())).toMatchFileSnapshot(golden('sync'));
});

test('tables as kube-proxy tells them, and what it took to keep them right', async () => {
  const counters = new FamilyCounters();
  counters.restores = 7;
  counters.rules = { nat: 40, filter: 6 };
  counters.written = { nat: 3, filter: 0 };
  const tools = toolsOf({ variant: 'nft', suffix: '-nft', version: 'v1.8.9' }, 'IPv4');
  counters.failed(new RestoreError(tools, 4, 'xtables lock', []), true);
  counters.failed(new RestoreError(tools, 4, 'No space left on device', []), false);
  counters.repaired({ table: 'nat', equal: 9, missing: 4, different: 3, leftOver: 2, jumps: 1 });
  await expect(await scrape(tableMetrics(new Map([['IPv4', counters]])))).toMatchFileSnapshot(
    golden('tables'),
  );
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
  counters.countRequest(1, 1, 28, 512);
  counters.countRequest(0, 1, 4711, 70_000);
  counters.countResponse(0, 0.0001, 'zone', 0, 100);
  counters.countResponse(3, 0.5, 'zone', 1, 101);
  counters.countResponse(0, 0.01, 'cache', 0, 0);
  counters.countResponse(0, 0.01, 'stale', 0, 0);
  counters.countResponse(2, 0.01, 'forward', 0, 0);
  counters.countResponse(5, 0.01, 'refused', 0, 0);
  counters.countResponse(0, 0.01, 'search', 0, 0);
  counters.countResponse(2, 0.01, 'search', 0, 0);
  counters.dnssec = 2;
  counters.dropped = 1;
  const metrics = new DnsMetrics(() => counters);
  metrics.programmed(true, 0.1);
  await expect(await scrape(metrics.families())).toMatchFileSnapshot(golden('dns'));
});

test('forwarding and its cache as CoreDNS tells them, and more', async () => {
  const durations = new Histogram([0.001, 1]);
  durations.observe(0.5);
  const counts = new CacheCounts();
  Object.values(COUNT).forEach((count, i) => {
    for (let times = 0; times <= i; times++) counts.add(count);
  });
  const state: ForwarderState = {
    upstreams: [
      {
        server: '192.0.2.53:53',
        zones: ['.'],
        healthy: false,
        looping: true,
        queries: 9,
        failures: 2,
        inFlight: 1,
        probeFailures: 4,
        strays: 5,
        sockets: { udp: 11, tcp: 3, reused: 2 },
        durations: new Map([[3, durations]]),
      },
    ],
    cache: { entries: { success: 3, denial: 2 }, octets: 4711, maxOctets: 8192, counts },
    rejects: 6,
    broken: 7,
    problems: [],
  };
  await expect(await scrape(forwardMetrics(() => state))).toMatchFileSnapshot(golden('forward'));
});

test('the agent about itself', async () => {
  const text = await scrape(
    agentMetrics(
      {
        services: () => 3,
        endpoints: () => 9,
        problems: () =>
          new Map([
            ['Unusable', 3],
            ['RulesRefused', 1],
          ]),
        waitingMs: () => 1500,
        sources: () => [
          { kind: 'Service', synced: true, error: '', silentMs: 4_000 },
          { kind: 'Node', synced: false, error: 'refused', silentMs: undefined },
        ],
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
    restored: false,
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
  const sync = new SyncMetrics(V4);
  const dns = new DnsMetrics(() => new DnsCounters());
  const observer = createObserver({ clock, sync, changes: undefined, dns });
  const before = group('before', clock.now() - 1);
  const first = group('first', clock.now());
  await clock.advance(1_000);
  observer.published(...pictureOf([before, first], headless), 0);
  await clock.advance(2_000);
  observer.began();
  // A change that comes during a sync is not in it.
  observer.published(...pictureOf([before, group('late', clock.now())], headless), 0);
  observer.synced(report(0));
  // The same slice again says nothing new.
  observer.published(...pictureOf([before, first], headless), 0);
  const answers = samplesOf(await scrape(dns.families()), 'coredns_kubernetes_dns_programming');
  expect(answers).toContain(
    `coredns_kubernetes_dns_programming_duration_seconds_sum{service_kind="${kind}"} 1`,
  );
  expect(answers).toContain(
    `coredns_kubernetes_dns_programming_duration_seconds_count{service_kind="${kind}"} 2`,
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

test('how late a change comes: from when it was read to each family’s rules', async () => {
  const clock = new FakeClock();
  const sync = new SyncMetrics(() => ['IPv4', 'IPv6']);
  const observer = createObserver({ clock, sync, changes: undefined, dns: undefined });
  const seenAt = clock.monotonic();
  await clock.advance(5);
  observer.published(...pictureOf([], false), seenAt);
  await clock.advance(95);
  observer.began();
  await clock.advance(500);
  // A sync that failed: the change goes on waiting.
  observer.began();
  await clock.advance(30);
  observer.synced(report(10, true, 30));
  observer.began();
  observer.synced(report(1000, true, 1000));
  const name = 'fairlead_change_to_kernel_seconds';
  const samples = samplesOf(await scrape(sync.families()), name);
  expect(samples).toEqual([
    `${name}_sum{ip_family="IPv4"} 0.61`,
    `${name}_count{ip_family="IPv4"} 1`,
    `${name}_sum{ip_family="IPv6"} 0.63`,
    `${name}_count{ip_family="IPv6"} 1`,
  ]);
});
