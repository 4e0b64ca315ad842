/** What every Prometheus client tells about its process, under the conventional names, and the event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricFamily } from './metric.ts';

/** Milliseconds between two looks at the loop: it finds every hold-up that is longer, at 100 wake-ups a second. */
const RESOLUTION_MS = 10;

export interface EventLoopWatch {
  /** Longest time in milliseconds that the event loop was held since the watch began. */
  longestMs(): number;
  stop(): void;
}

export function watchEventLoop(): EventLoopWatch {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return {
    // The histogram holds intervals, the resolution included.
    longestMs: () => Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    stop: () => void delay.disable(),
  };
}

export function processMetrics(version: string, loop: EventLoopWatch): MetricFamily[] {
  const startedAt = Date.now() / 1000 - process.uptime();
  const one = (value: () => number) => () => [{ labels: {}, value: value() }];
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time spent in seconds.',
      type: 'counter',
      samples: one(() => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      }),
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes.',
      type: 'gauge',
      samples: one(() => process.memoryUsage.rss()),
    },
    {
      name: 'process_start_time_seconds',
      help: 'Start time of the process since the Unix epoch in seconds.',
      type: 'gauge',
      samples: one(() => startedAt),
    },
    {
      name: 'fairlead_build_info',
      help: 'Constant 1, labelled with the versions of fairlead and Node.',
      type: 'gauge',
      samples: () => [{ labels: { version, node: process.version }, value: 1 }],
    },
    {
      name: 'fairlead_event_loop_longest_seconds',
      help: 'Longest time that the event loop was held since the start, in seconds.',
      type: 'gauge',
      samples: one(() => loop.longestMs() / 1000),
    },
  ];
}
