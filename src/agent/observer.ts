/** What happens in the agent, turned into metrics. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Clock } from '../host/clock.ts';
import type { SyncReport } from '../proxy/backend.ts';
import type { AgentObserver } from './parts.ts';
import type { DnsMetrics } from './metrics/dnsMetrics.ts';
import type { SyncMetrics } from './metrics/syncMetrics.ts';
import { Triggers } from './triggers.ts';

export interface ObserverParts {
  readonly clock: Clock;
  readonly sync: SyncMetrics | undefined;
  readonly dns: DnsMetrics | undefined;
}

export function createObserver({ clock, sync, dns }: ObserverParts): AgentObserver {
  const triggers = new Triggers(clock.now());
  /** Trigger times of changes that no sync has taken over yet. */
  let waiting: number[] = [];
  return {
    published(picture: Picture, changes: ChangeSet): void {
      const now = clock.now();
      for (const { at, headless } of triggers.fresh(picture, changes)) {
        dns?.programmed(headless, (now - at) / 1000);
        // Headless Services have no rules to wait for.
        if (!headless && sync !== undefined) waiting.push(at);
      }
      sync?.queued(changes.services.size, now);
    },
    synced(report: SyncReport, full: boolean): void {
      sync?.synced(report, full, clock.now(), waiting);
      waiting = [];
    },
    failed: () => sync?.failed(),
  };
}
