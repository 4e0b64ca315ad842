/** When stale UDP flows are looked for: after rules are in the kernel, where a UDP port is concerned. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Clock, Timer } from '../../host/clock.ts';
import type { Family } from '../../net/ip.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SyncReport } from '../backend.ts';
import { Breather } from '../iptables/kernel/breather.ts';
import type { Synced, SyncListener } from '../syncer.ts';
import { ConntrackCounters } from './counters.ts';
import type { FlowTable } from './flowTable.ts';
import { routes } from './servedPorts.ts';
import { StaleFlows } from './staleFlows.ts';

/** After a failure, unless a sync comes sooner. */
const RETRY_MS = 30_000;

export interface ReconcilerOptions {
  readonly table: FlowTable;
  /** Those that rules are written for. */
  readonly families: () => readonly Family[];
  /** As `StaleFlows` asks it. */
  readonly isRelay?: (text: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Follows a Syncer. Before the rules are in, it would be too early: the next packet of a deleted flow would be
 * carried to the old endpoint again.
 */
export class ConntrackReconciler implements SyncListener {
  readonly counters: ConntrackCounters = new ConntrackCounters();
  readonly #options: ReconcilerOptions;
  /** Of the last sync. */
  #picture: Picture | undefined;
  /** The Services to look at once the run under way has ended. */
  #next: readonly ServiceEntry[] | undefined;
  #running: Promise<void> | undefined;
  #retry: Timer | undefined;
  /** Why the last run failed; empty when it did not. */
  #error = '';
  #stopped = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  synced(_: SyncReport, full: boolean, { picture, changes }: Synced): void {
    this.#picture = picture;
    const concerned = (key: string): boolean => {
      const entry = picture.services.get(key);
      return entry !== undefined && routes('UDP', entry);
    };
    if (!full && this.#error === '' && ![...(changes?.services ?? [])].some(concerned)) return;
    // The picture may have moved on since this sync began. What it says too early is said again by its own sync.
    this.#start(routed(picture));
  }

  /** Looks at all flows again, because other relays listen than before. Never rejects. */
  async look(): Promise<void> {
    if (this.#picture === undefined || this.#stopped) return;
    this.#start(routed(this.#picture));
    while (this.#running !== undefined) await this.#running;
  }

  /** Lets a run under way end, and starts no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next = undefined;
    this.#retry?.cancel();
    await this.#running;
  }

  #start(entries: readonly ServiceEntry[]): void {
    if (this.#stopped) return;
    this.#retry?.cancel();
    if (this.#running !== undefined) {
      this.#next = entries;
      return;
    }
    this.#running = this.#run(entries).finally(() => {
      this.#running = undefined;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.#start(next);
    });
  }

  async #run(entries: readonly ServiceEntry[]): Promise<void> {
    const { clock } = this.#options;
    const errors: string[] = [];
    for (const family of this.#options.families()) {
      const error = await this.#reconcile(family, entries);
      if (error !== '') errors.push(`${family}: ${error}`);
    }
    this.#tell(errors.join('; '));
    if (errors.length > 0 && !this.#stopped) {
      this.#retry = clock.after(RETRY_MS, () => this.#start(entries));
    }
  }

  /** Gives what went wrong, or nothing. */
  async #reconcile(family: Family, entries: readonly ServiceEntry[]): Promise<string> {
    const { table, clock, log } = this.#options;
    const started = clock.monotonic();
    try {
      const flows = await this.#staleFlows(family, entries);
      if (flows.empty) return '';
      const { deleted, refused } = await table.deleteFlows(family, 'UDP', flows.isStale);
      const count = this.counters.of(family);
      const milliseconds = clock.monotonic() - started;
      count.seconds.observe(milliseconds / 1000);
      count.deleted += deleted;
      if (deleted > 0) log.debug({ family, deleted, milliseconds }, 'stale UDP flows deleted');
      return refused;
    } catch (error) {
      return messageOf(error);
    }
  }

  async #staleFlows(family: Family, entries: readonly ServiceEntry[]): Promise<StaleFlows> {
    const flows = new StaleFlows(family, this.#options.isRelay);
    const breather = new Breather(this.#options.clock);
    for (const entry of entries) {
      flows.add(entry);
      if (breather.due) await breather.breathe();
    }
    return flows;
  }

  /** Once for each reason: a machine that never lets us would fill its log. */
  #tell(error: string): void {
    if (error !== '' && error !== this.#error) {
      this.#options.log.warn(
        { retryMs: RETRY_MS },
        `UDP flows to endpoints that are gone may live on: ${error}`,
      );
    }
    this.#error = error;
  }
}

function routed(picture: Picture): readonly ServiceEntry[] {
  return [...picture.services.values()].filter((entry) => routes('UDP', entry));
}
