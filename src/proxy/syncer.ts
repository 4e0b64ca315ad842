/** When to sync: the first change at once, bursts gathered, one sync at a time, failures again and whole. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import { errorOf } from '../errors/caught.ts';
import type { Clock, Timer } from '../host/clock.ts';
import type { Problem } from '../kube/problem.ts';
import type { Family } from '../net/ip.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend, SyncReport } from './backend.ts';
import { NO_CHANGES } from './changes.ts';
import { Pace } from './pace.ts';
import { addedTo, countServices, type Pending } from './pending.ts';

export interface SyncerOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SyncerState {
  /** Milliseconds that the oldest change has waited to be programmed; 0 when none waits. */
  readonly waitingMs: number;
  /** Services whose changes wait or are being programmed; after a failure, all. */
  readonly pending: number;
  /** Why the last sync failed; empty when it did not. */
  readonly error: string;
  /** Objects that the kernel would not take. */
  readonly setAside: readonly Problem[];
}

/** What a sync was about. */
export interface Synced {
  /** As `Picture` warns: its maps may say more than the sync knew, if a publication came meanwhile. */
  readonly picture: Picture;
  /** `undefined` is everything. */
  readonly changes: ChangeSet | undefined;
}

/** Must not throw. */
export interface SyncListener {
  /** A sync begins: it will program all that the syncer has been told of. */
  began?(): void;
  /** `full`: everything was looked at, not only what changed. */
  synced(report: SyncReport, full: boolean, what: Synced): void;
  /** A sync failed, and will be tried again. */
  failed?(error: Error): void;
}

export class Syncer {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners: SyncListener[] = [];
  #pending: Pending | undefined;
  #running: Promise<void> | undefined;
  /** The changes that a sync under way is programming. */
  #current: Pending | undefined;
  #timer: Timer | undefined;
  readonly #pace: Pace;
  /** Families that fail while others follow, and since when, as `clock.monotonic()` tells it. */
  #failing: ReadonlyMap<Family, number> = new Map();
  #retry: Timer | undefined;
  #error = '';
  #setAside: readonly Problem[] = [];
  /** The last one given. */
  #picture: Picture | undefined;
  /** Settled when everything has been looked at. */
  #reconciling: PromiseWithResolvers<void> | undefined;
  /** Settled when all Services have been planned again. */
  #reprogramming: PromiseWithResolvers<string> | undefined;
  #stopped = false;

  constructor({ backend, clock, log }: SyncerOptions) {
    this.#backend = backend;
    this.#clock = clock;
    this.#log = log;
    this.#pace = new Pace(clock);
  }

  /** Asks for what changed to be programmed; `undefined` for everything. A picture that is not whole is left alone. */
  update(picture: Picture, changes: ChangeSet | undefined): void {
    if (this.#stopped || !(picture.synced || picture.restored)) return;
    // Nothing was programmed from the pictures before the first whole one: all of it is a change. One that was
    // restored is put right by what differs.
    const becameWhole = picture.restored || changes?.synced === true;
    const what = this.#picture === undefined && becameWhole ? undefined : changes;
    this.#picture = picture;
    this.#pending = addedTo(this.#pending, { picture, changes: what, since: this.#clock.monotonic() });
    this.#schedule();
  }

  /**
   * Has everything in the kernel looked at, once what changed is programmed: then whatever differs is somebody
   * else's doing. Resolves after the first attempt.
   */
  reconcile(): Promise<void> {
    if (this.#stopped || this.#picture === undefined) return Promise.resolve();
    this.#reconciling ??= Promise.withResolvers<void>();
    this.#schedule();
    return this.#reconciling.promise;
  }

  /**
   * Has all Services planned again, because something else than the picture changed, and what differs from what was
   * written written. Resolves after the first attempt, with why it failed; empty when it did not.
   */
  reprogram(): Promise<string> {
    if (this.#stopped || this.#picture === undefined) return Promise.resolve('nothing was programmed yet');
    const reprogramming = (this.#reprogramming ??= Promise.withResolvers<string>());
    this.update(this.#picture, { ...NO_CHANGES, node: true });
    return reprogramming.promise;
  }

  /** The last one given; `undefined` before the first. */
  get picture(): Picture | undefined {
    return this.#picture;
  }

  onSynced(listener: SyncListener): void {
    this.#listeners.push(listener);
  }

  state(): SyncerState {
    return {
      waitingMs: this.#waited(Math.min(...this.#failing.values(), this.#since)),
      pending: countServices(this.#current, this.#pending),
      error: this.#error,
      setAside: this.#setAside,
    };
  }

  /** As `state().waitingMs`, of the rules of one family. */
  waitingMsOf(family: Family): number {
    return this.#waited(this.#failing.get(family) ?? this.#since);
  }

  /** When the oldest change came that no sync has been done with; never is infinite. */
  get #since(): number {
    return (this.#current ?? this.#pending)?.since ?? Number.POSITIVE_INFINITY;
  }

  #waited(since: number): number {
    return Math.max(0, this.#clock.monotonic() - since);
  }

  /** Lets a sync under way end, and starts no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#retry?.cancel();
    this.#reprogramming?.resolve('stopped');
    await this.#running;
  }

  #schedule(): void {
    if (this.#stopped || this.#running !== undefined || this.#timer !== undefined) return;
    const { wait } = this.#pace;
    if (wait <= 0) {
      this.#start();
      return;
    }
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = undefined;
      this.#start();
    });
  }

  #start(): void {
    const changed = this.#pending;
    const pending = changed ?? this.#everything();
    if (pending === undefined) return;
    this.#pending = undefined;
    this.#current = changed;
    this.#pace.began();
    const reprogramming = this.#reprogramming;
    this.#reprogramming = undefined;
    for (const listener of this.#listeners) listener.began?.();
    this.#running = this.#sync(pending).finally(() => {
      this.#current = undefined;
      this.#running = undefined;
      reprogramming?.resolve(this.#error);
      if (pending.changes === undefined) {
        this.#reconciling?.resolve();
        this.#reconciling = undefined;
      }
      if (this.#pending !== undefined || this.#reconciling !== undefined) this.#schedule();
    });
  }

  #everything(): Pending | undefined {
    if (this.#reconciling === undefined || this.#picture === undefined) return undefined;
    return { picture: this.#picture, changes: undefined, since: this.#clock.monotonic() };
  }

  async #sync(pending: Pending): Promise<void> {
    try {
      const report = await this.#backend.sync(pending.picture, pending.changes);
      this.#pace.succeeded();
      this.#setAside = report.setAside;
      // A family that comes back has looked at everything, whatever the others did.
      const wasFailing = this.#failing.size > 0;
      this.#follow(report, pending.since);
      const full = pending.changes === undefined || (wasFailing && this.#failing.size === 0);
      for (const listener of this.#listeners) listener.synced(report, full, pending);
    } catch (cause) {
      this.#failed(pending, errorOf(cause));
    }
  }

  /** Some families may fail while others follow: those alone are tried again, when it is worth it. */
  #follow({ failing = [] }: SyncReport, since: number): void {
    this.#retry?.cancel();
    this.#error = failing.map(({ family, error }) => `${family}: ${error.message}`).join('; ');
    this.#failing = new Map(failing.map(({ family }) => [family, this.#failing.get(family) ?? since]));
    if (failing.length === 0) return;
    const wait = Math.min(...failing.map(({ retryMs }) => retryMs));
    this.#retry = this.#clock.after(wait, () => {
      if (this.#picture !== undefined) this.update(this.#picture, NO_CHANGES);
    });
  }

  #failed(pending: Pending, error: Error): void {
    const delay = this.#pace.failed();
    this.#error = error.message;
    // Newer changes may be waiting; whatever they are, after a failure everything must be looked at.
    this.#pending = {
      picture: this.#pending?.picture ?? pending.picture,
      changes: undefined,
      since: pending.since,
    };
    this.#log.error({ retryMs: delay }, `rules are not in the kernel yet: ${error.message}`);
    for (const listener of this.#listeners) listener.failed?.(error);
  }
}
