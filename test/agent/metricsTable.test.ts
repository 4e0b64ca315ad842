/** Every metric there is, against kube-proxy's table and against the documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentMetrics } from '../../src/agent/metrics/agentMetrics.ts';
import { ChangeMetrics } from '../../src/agent/metrics/changeMetrics.ts';
import { connectionMetrics } from '../../src/agent/metrics/connectionMetrics.ts';
import { conntrackMetrics } from '../../src/agent/metrics/conntrackMetrics.ts';
import { localMetrics } from '../../src/agent/metrics/localMetrics.ts';
import { relayMetrics } from '../../src/agent/metrics/relayMetrics.ts';
import { SyncMetrics } from '../../src/agent/metrics/syncMetrics.ts';
import { tableMetrics } from '../../src/agent/metrics/tableMetrics.ts';
import type { Family } from '../../src/net/ip.ts';
import { ConntrackCounters } from '../../src/proxy/conntrack/counters.ts';
import { FamilyCounters } from '../../src/proxy/iptables/family/counters.ts';
import { Tally } from '../../src/proxy/userspace/figures.ts';
import type { MetricFamily } from '../../src/telemetry/metric.ts';
import { FakeClock } from '../fake/clock.ts';

const ROOT = join(import.meta.dirname, '../..');

const families = (): readonly Family[] => ['IPv4'];
const ROUTING: readonly MetricFamily[] = [
  ...new SyncMetrics(families).families(),
  ...new ChangeMetrics().families(),
  ...tableMetrics(new Map([['IPv4', new FamilyCounters()]])),
  ...conntrackMetrics(new ConntrackCounters(), families),
  ...connectionMetrics(
    { refresh: () => Promise.resolve(), services: new Map([['shop/web', 1]]), others: 0, invalid: 0 },
    new FakeClock(),
  ),
  ...localMetrics({ count: () => 0 }, families),
  ...(await relayed()),
  ...agentMetrics(
    {
      services: () => 0,
      endpoints: () => 0,
      problems: () => new Map(),
      waitingMs: () => 0,
      sources: () => [{ kind: 'Service', synced: true, error: '', silentMs: 1 }],
    },
    { healthz: new Map([[200, 1]]), livez: new Map([[200, 1]]) },
  ),
];

const COREDNS = `
  build_info panics_total plugin_enabled dns_requests_total dns_request_duration_seconds
  dns_request_size_bytes dns_responses_total dns_response_size_bytes dns_do_requests_total
  cache_entries cache_hits_total cache_evictions_total cache_requests_total cache_misses_total
  cache_prefetch_total cache_drops_total cache_served_stale_total forward_healthcheck_broken_total
  forward_max_concurrent_rejects_total proxy_request_duration_seconds
  proxy_healthcheck_failures_total proxy_conn_cache_hits_total proxy_conn_cache_misses_total
  forward_requests_total forward_responses_total forward_request_duration_seconds
  forward_healthcheck_failures_total kubernetes_dns_programming_duration_seconds
  kubernetes_rest_client_request_duration_seconds
  kubernetes_rest_client_rate_limiter_duration_seconds kubernetes_rest_client_requests_total
  health_request_duration_seconds health_request_failures_total reload_failed_total
  reload_version_info autopath_success_total hosts_entries hosts_reload_timestamp_seconds
  local_localhost_requests_total nodecache_setup_errors_total
`
  .trim()
  .split(/\s+/);

/** 1 ms to 16.384 s. */
const SYNC = '15: 0.001 0.002 0.004 … 8.192 16.384';

/** kube-proxy's names, types, labels and buckets. */
test.each<readonly [name: string, type: string, labels: string, buckets?: string]>([
  ['sync_proxy_rules_duration_seconds', 'histogram', 'ip_family', SYNC],
  ['sync_full_proxy_rules_duration_seconds', 'histogram', 'ip_family', SYNC],
  ['sync_partial_proxy_rules_duration_seconds', 'histogram', 'ip_family', SYNC],
  ['network_programming_duration_seconds', 'histogram', 'ip_family', '81: 0 0.25 0.5 … 270 300'],
  ['sync_proxy_rules_last_timestamp_seconds', 'gauge', 'ip_family'],
  ['sync_proxy_rules_last_queued_timestamp_seconds', 'gauge', 'ip_family'],
  ['sync_proxy_rules_endpoint_changes_pending', 'gauge', ''],
  ['sync_proxy_rules_endpoint_changes_total', 'counter', ''],
  ['sync_proxy_rules_service_changes_pending', 'gauge', ''],
  ['sync_proxy_rules_service_changes_total', 'counter', ''],
  ['sync_proxy_rules_iptables_total', 'gauge', 'table ip_family'],
  ['sync_proxy_rules_iptables_last', 'gauge', 'table ip_family'],
  ['sync_proxy_rules_iptables_restore_failures_total', 'counter', 'ip_family'],
  ['sync_proxy_rules_iptables_partial_restore_failures_total', 'counter', 'ip_family'],
  ['sync_proxy_rules_no_local_endpoints_total', 'gauge', 'traffic_policy ip_family'],
  ['proxy_healthz_total', 'counter', 'code'],
  ['proxy_livez_total', 'counter', 'code'],
  ['iptables_ct_state_invalid_dropped_packets_total', 'counter', ''],
  ['conntrack_reconciler_sync_duration_seconds', 'histogram', 'ip_family', SYNC],
  ['conntrack_reconciler_deleted_entries_total', 'counter', 'ip_family'],
])('kubeproxy_%s is a %s by %j', (name, type, labels, buckets) => {
  const found = ROUTING.find((family) => family.name === `kubeproxy_${name}`);
  expect(found?.type).toBe(type);
  const [sample] = [...(found?.samples() ?? [])];
  expect(Object.keys(sample?.labels ?? {}).join(' ')).toBe(labels);
  const value = sample?.value;
  expect(typeof value === 'object' ? bucketsText(value.bounds) : undefined).toBe(buckets);
});

function bucketsText(bounds: readonly number[]): string {
  return `${bounds.length}: ${bounds.slice(0, 3).join(' ')} … ${bounds.slice(-2).join(' ')}`;
}

describe('docs/METRICS.md', () => {
  const rows = readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8')
    .split('\n')
    .map((line) => /^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\|/.exec(line))
    .filter((row) => row !== null);
  const documented = new Map(
    rows.map(([, name = '', type = '', labels = '']) => [name, { type, labels: labels.trim() }]),
  );

  test('names each metric of the sources, and no other', () => {
    expect([...documented.keys()].sort()).toEqual([...new Set(namesInSources())].sort());
    expect(rows).toHaveLength(documented.size);
  });

  /** What CoreDNS 1.14 and the node-local cache serve with the usual Corefile, and autopath. */
  test.each(COREDNS)('has coredns_%s, or tells why not', (name) => {
    const page = readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8');
    const table = page.slice(page.indexOf("Of CoreDNS's metrics"), page.indexOf('## What to watch'));
    const missing = table.split('\n').map((line) => line.split('|')[1] ?? '');
    const isMissing = missing.some((cell) => cell.includes(`\`coredns_${name}\``));
    expect(isMissing).toBe(!documented.has(`coredns_${name}`));
  });

  test.each(ROUTING)('tells type and labels of $name', ({ name, type, samples }) => {
    const [sample] = [...samples()];
    const labels = Object.keys(sample?.labels ?? {}).map((label) => `\`${label}\``);
    expect(documented.get(name)).toEqual({ type, labels: labels.join(', ') });
  });
});

/** Metrics are named in full, so that one who looks for a name finds it. */
function namesInSources(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(
        /'((?:kubeproxy|coredns|fairlead|process)_[a-z0-9_]+)'/g,
      ),
    ])
    .map(([, name = '']) => name);
}

/** As after a scrape. */
async function relayed(): Promise<readonly MetricFamily[]> {
  const tally = new Tally('TCP');
  tally.counts.accepted = 1;
  tally.reached('10.0.0.1:80', 0.001);
  const families = relayMetrics({ figures: () => [tally.figures('shop/web:http', [])], limit: 1 });
  for (const { prepare } of families) await prepare?.();
  return families;
}
