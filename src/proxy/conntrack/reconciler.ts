/** When stale flows are looked for: after rules are in the kernel; UDP where a UDP port is concerned, TCP after a repair. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Clock, Timer } from '../../host/clock.ts';
import type { Family } from '../../net/ip.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SyncReport } from '../backend.ts';
import { Breather } from '../iptables/kernel/breather.ts';
import type { Synced, SyncListener } from '../syncer.ts';
import { ConntrackCounters } from './counters.ts';
import type { Flow, FlowProtocol, FlowTable } from './flowTable.ts';
import { routes } from './servedPorts.ts';
import { StaleFlows } from './staleFlows.ts';
import { UntranslatedFlows } from './untranslatedFlows.ts';

/** After a failure, unless a sync comes sooner. */
const RETRY_MS = 30_000;

/** What of a family's flows is to go. */
interface Choice {
  readonly empty: boolean;
  add(entry: ServiceEntry): void;
  isStale(this: void, flow: Flow): boolean;
}

export interface ReconcilerOptions {
  readonly table: FlowTable;
  /** Those that rules are written for. */
  readonly families: () => readonly Family[];
  /** As `StaleFlows` asks it. */
  readonly isRelay?: (text: string) => boolean;
  /** As `UntranslatedFlows` asks it. */
  readonly dnsService: string;
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
  /** Families whose TCP flows are to be looked at, too, with the next run. */
  readonly #lacked = new Set<Family>();
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

  synced({ lacked = [] }: SyncReport, full: boolean, { picture, changes }: Synced): void {
    this.#picture = picture;
    for (const family of lacked) this.#lacked.add(family);
    const concerned = (key: string): boolean => {
      const entry = picture.services.get(key);
      return entry !== undefined && routes('UDP', entry);
    };
    const must = full || lacked.length > 0 || this.#error !== '';
    if (!must && ![...(changes?.services ?? [])].some(concerned)) return;
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
    const { isRelay, dnsService } = this.#options;
    const udp = await this.#delete(family, 'UDP', entries, new StaleFlows(family, isRelay));
    // Taken out first: rules may be found missing again while this look is under way.
    if (!this.#lacked.delete(family)) return udp;
    const tcp = await this.#delete(family, 'TCP', entries, new UntranslatedFlows(family, dnsService));
    if (tcp !== '') this.#lacked.add(family);
    return udp === '' ? tcp : udp;
  }

  /** Gives what went wrong, or nothing. */
  async #delete(
    family: Family,
    protocol: FlowProtocol,
    entries: readonly ServiceEntry[],
    flows: Choice,
  ): Promise<string> {
    const { table, clock, log } = this.#options;
    const started = clock.monotonic();
    try {
      const breather = new Breather(clock);
      for (const entry of entries) {
        if (routes(protocol, entry)) flows.add(entry);
        if (breather.due) await breather.breathe();
      }
      if (flows.empty) return '';
      const { deleted, refused } = await table.deleteFlows(family, protocol, flows.isStale);
      const count = this.counters.of(family);
      const milliseconds = clock.monotonic() - started;
      count.seconds.observe(milliseconds / 1000);
      count.deleted += deleted;
      const of = { family, deleted, milliseconds };
      if (deleted > 0 && protocol === 'UDP') log.debug(of, 'stale UDP flows deleted');
      else if (deleted > 0) log.info(of, 'TCP flows deleted that began while rules were missing');
      return refused;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Once for each reason: a machine that never lets us would fill its log. */
  #tell(error: string): void {
    if (error !== '' && error !== this.#error) {
      this.#options.log.warn({ retryMs: RETRY_MS }, `flows that lead nowhere may live on: ${error}`);
    }
    this.#error = error;
  }
}

function routed(picture: Picture): readonly ServiceEntry[] {
  return [...picture.services.values()].filter(({ service }) => service.routed);
}
