/** Metrics of the agent itself: what it knows, and how fresh that is. */
import type { ProblemReason } from '../../kube/problem.ts';
import type { SourceState } from '../../kube/source.ts';
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';
import type { HealthCounts, ProbeCounts } from '../serving/health.ts';

const REASONS: readonly ProblemReason[] = [
  'Unusable',
  'RulesRefused',
  'AffinityUnsupported',
  'NotRelayed',
  'UpstreamDNSUnusable',
  'FailedToStartServiceHealthcheck',
];

export interface AgentFigures {
  services(): number;
  endpoints(): number;
  problems(): ReadonlyMap<ProblemReason, number>;
  /** Milliseconds that the oldest change has waited to be programmed. */
  waitingMs(): number;
  sources(): readonly SourceState[];
  /** Milliseconds since the epoch. */
}

export function agentMetrics(figures: AgentFigures, probes: HealthCounts): MetricFamily[] {
  const one = (value: () => number) => (): Sample[] => [{ labels: {}, value: value() }];
  const each = (value: (source: SourceState) => number) => (): Sample[] =>
    figures.sources().map((source) => ({ labels: { kind: source.kind }, value: value(source) }));
  return [
    {
      name: 'fairlead_services',
      help: 'Usable Services.',
      type: 'gauge',
      samples: one(() => figures.services()),
    },
    {
      name: 'fairlead_endpoints',
      help: 'Their endpoints.',
      type: 'gauge',
      samples: one(() => figures.endpoints()),
    },
    {
      name: 'fairlead_problems',
      help: 'Things in objects that could not be used, by reason, as in Events.',
      type: 'gauge',
      samples: () =>
        REASONS.map((reason) => ({ labels: { reason }, value: figures.problems().get(reason) ?? 0 })),
    },
    {
      name: 'fairlead_set_aside',
      help: 'Services that are not routed because this machine takes no rules for them.',
      type: 'gauge',
      samples: one(() => figures.problems().get('RulesRefused') ?? 0),
    },
    {
      name: 'fairlead_sync_lag_seconds',
      help: 'How long the oldest change has waited to be programmed.',
      type: 'gauge',
      samples: one(() => figures.waitingMs() / 1000),
    },
    {
      name: 'fairlead_source_synced',
      help: 'Whether all objects of the kind have been read.',
      type: 'gauge',
      samples: each(({ synced }) => (synced ? 1 : 0)),
    },
    {
      name: 'fairlead_source_failing',
      help: 'Whether the source of the kind is failing now.',
      type: 'gauge',
      samples: each(({ error }) => (error === '' ? 0 : 1)),
    },
    {
      name: 'fairlead_source_silent_seconds',
      help: 'Time since anything was heard about the kind.',
      type: 'gauge',
      samples: each(({ silentMs }) => (silentMs ?? 0) / 1000),
    },
    {
      name: 'kubeproxy_proxy_healthz_total',
      help: 'Answers of /healthz.',
      type: 'counter',
      samples: () => byCode(probes.healthz),
    },
    {
      name: 'kubeproxy_proxy_livez_total',
      help: 'Answers of /livez.',
      type: 'counter',
      samples: () => byCode(probes.livez),
    },
  ];
}

function byCode(counts: ProbeCounts): Sample[] {
  return [...counts].map(([code, value]) => ({ labels: { code: String(code) }, value }));
}
