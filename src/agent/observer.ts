/** What happens in the agent, turned into metrics. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Clock } from '../host/clock.ts';
import type { Family } from '../net/ip.ts';
import type { SyncReport } from '../proxy/backend.ts';
import type { AgentObserver } from './parts.ts';
import type { ChangeMetrics } from './metrics/changeMetrics.ts';
import type { DnsMetrics } from './metrics/dnsMetrics.ts';
import type { SyncMetrics } from './metrics/syncMetrics.ts';
import { Triggers } from './source/triggers.ts';

export interface ObserverParts {
  readonly clock: Clock;
  /** Both absent where routing is off. */
  readonly sync: SyncMetrics | undefined;
  readonly changes: ChangeMetrics | undefined;
  readonly dns: DnsMetrics | undefined;
}

interface Publication {
  /** As `clock.monotonic()` tells it. */
  readonly seenAt: number;
  readonly triggers: readonly { readonly at: number; readonly family: Family }[];
}

export function createObserver({ clock, sync, changes: counts, dns }: ObserverParts): AgentObserver {
  const triggers = new Triggers(clock.now());
  /** Publications that no sync has begun to write yet, and those that one has. */
  let waiting: Publication[] = [];
  let running: Publication[] = [];
  let startedAt = 0;
  return {
    published(picture: Picture, changes: ChangeSet, seenAt: number): void {
      const now = clock.now();
      const found = triggers.fresh(picture, changes);
      for (const { at, headless } of found) dns?.programmed(headless, (now - at) / 1000);
      counts?.published(picture, changes);
      sync?.queued(now);
      if (sync === undefined || (changes.services.size === 0 && !changes.node)) return;
      // Headless Services have no rules to wait for.
      waiting.push({ seenAt, triggers: found.filter(({ headless }) => !headless) });
    },
    began(): void {
      startedAt = clock.monotonic();
      // What a failed sync was about goes on waiting.
      running.push(...waiting);
      waiting = [];
      counts?.began();
    },
    synced(report: SyncReport): void {
      const programmed = running.map(({ seenAt, triggers: of }) => ({
        waited: Math.max(0, startedAt - seenAt),
        triggers: of,
      }));
      sync?.synced(report, clock.now(), programmed);
      counts?.synced();
      running = [];
    },
  };
}
