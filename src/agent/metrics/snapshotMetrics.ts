/** Metrics of the snapshot in `--state-dir`. */
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';
import type { SnapshotView } from '../source/snapshot.ts';

/** `view` is `undefined` where none is kept. */
export function snapshotMetrics(view: () => SnapshotView | undefined): MetricFamily[] {
  const each = (value: (of: SnapshotView) => number) => (): Sample[] => {
    const of = view();
    return of === undefined ? [] : [{ labels: {}, value: value(of) }];
  };
  return [
    {
      name: 'fairlead_snapshot_in_use',
      help: 'Whether the snapshot stands in for an API server that has not been read yet.',
      type: 'gauge',
      samples: each(({ inUse }) => (inUse === undefined ? 0 : 1)),
    },
    {
      name: 'fairlead_snapshot_in_use_timestamp_seconds',
      help: 'When the snapshot that is in use was written; 0 when none is.',
      type: 'gauge',
      samples: each(({ inUse }) => (inUse?.writtenAt ?? 0) / 1000),
    },
    {
      name: 'fairlead_snapshot_written_timestamp_seconds',
      help: 'When this agent last wrote the snapshot; 0 before.',
      type: 'gauge',
      samples: each(({ kept }) => kept.writtenAt / 1000),
    },
    {
      name: 'fairlead_snapshot_size_bytes',
      help: 'Length of the snapshot that was last written.',
      type: 'gauge',
      samples: each(({ kept }) => kept.octets),
    },
    {
      name: 'fairlead_snapshot_write_seconds',
      help: 'How long writing it took.',
      type: 'gauge',
      samples: each(({ kept }) => kept.milliseconds / 1000),
    },
    {
      name: 'fairlead_snapshot_writes_total',
      help: 'Attempts to write the snapshot, by their outcome.',
      type: 'counter',
      samples: () => {
        const of = view();
        if (of === undefined) return [];
        return [
          { labels: { outcome: 'written' }, value: of.kept.written },
          { labels: { outcome: 'failed' }, value: of.kept.failed },
        ];
      },
    },
  ];
}
