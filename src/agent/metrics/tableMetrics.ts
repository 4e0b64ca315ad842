/** kube-proxy's metrics of iptables, and what it took to keep the tables right. */
import type { Family } from '../../net/ip.ts';
import type { FamilyCounters } from '../../proxy/iptables/family/counters.ts';
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';

const TABLES = ['nat', 'filter'] as const;

export function tableMetrics(counters: ReadonlyMap<Family, FamilyCounters>): MetricFamily[] {
  const each = (value: (of: FamilyCounters) => number) => (): Sample[] =>
    [...counters].map(([family, of]) => ({ labels: { ip_family: family }, value: value(of) }));
  const byTable = (value: (of: FamilyCounters) => FamilyCounters['rules']) => (): Sample[] =>
    [...counters].flatMap(([family, of]) =>
      TABLES.map((table) => ({ labels: { table, ip_family: family }, value: value(of)[table] })),
    );
  const by =
    (label: string, value: (of: FamilyCounters) => Readonly<Record<string, number>>) => (): Sample[] =>
      [...counters].flatMap(([family, of]) =>
        Object.entries(value(of)).map(([name, count]) => ({
          labels: { [label]: name, ip_family: family },
          value: count,
        })),
      );
  return [
    {
      name: 'kubeproxy_sync_proxy_rules_iptables_total',
      help: 'Rules in chains of ours.',
      type: 'gauge',
      samples: byTable(({ rules }) => rules),
    },
    {
      name: 'kubeproxy_sync_proxy_rules_iptables_last',
      help: 'Rules that the last sync wrote.',
      type: 'gauge',
      samples: byTable(({ written }) => written),
    },
    {
      name: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
      help: 'Syncs that a failed restore ended.',
      type: 'counter',
      samples: each(({ failures }) => failures.locked + failures.exhausted + failures.refused),
    },
    {
      name: 'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total',
      help: 'Of these, syncs of changed rules.',
      type: 'counter',
      samples: each(({ partialFailures }) => partialFailures),
    },
    {
      name: 'fairlead_rules',
      help: 'Rules in chains of ours, of all tables and families.',
      type: 'gauge',
      samples: () => [
        {
          labels: {},
          value: [...counters.values()].reduce((sum, { rules }) => sum + rules.nat + rules.filter, 0),
        },
      ],
    },
    {
      name: 'fairlead_restores_total',
      help: 'Restore commands run: batches of rules.',
      type: 'counter',
      samples: each(({ restores }) => restores),
    },
    {
      name: 'fairlead_restore_failures_total',
      help: 'Restores that failed, by kind: the lock was held, memory or room had run out, rules were refused.',
      type: 'counter',
      samples: by('kind', ({ failures }) => failures),
    },
    {
      name: 'fairlead_repairs_total',
      help: 'Chains and rules that others had removed, changed or left, put right.',
      type: 'counter',
      samples: by('reason', ({ repairs }) => repairs),
    },
  ];
}
