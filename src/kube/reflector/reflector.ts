import type { Clock, Timer } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SourceState, Watcher } from '../source.ts';
import type { TurnBudget } from '../stream/turnBudget.ts';
import { ApiError, type ApiErrorCode } from '../transport/apiError.ts';
import { fromNode } from '../transport/classify.ts';
import { describeApiError } from '../transport/describe.ts';
import type { Transport } from '../transport/transport.ts';
import { Backoff } from './backoff.ts';
import { Lifeline } from './lifeline.ts';
import type { LinkReport } from './linkReport.ts';
import { list } from './list.ts';
import { type Difference, Mirror, type Projector } from './mirror.ts';
import { isOlder } from './objectMeta.ts';
import type { Resource } from './resource.ts';
import type { Session } from './session.ts';
import { watch } from './watch.ts';

export interface ReflectorOptions {
  readonly resource: Resource;
  readonly server: () => string;
  readonly transport: Pick<Transport, 'open'>;
  readonly watcher: Watcher;
  readonly project: Projector;
  readonly clock: Clock;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly budget: TurnBudget;
  readonly report: LinkReport;
  readonly log: Log;
}

/** A watch that ends sooner and brought nothing is a failure; else a server could keep us in a busy loop. */
const SHORT_WATCH_MS = 1000;
/** After a request was accepted: a quiet watch that lasts so long works. */
const SETTLED_MS = 1000;
/** Longer than the longest wait, so that a server that fails at every attempt never resets the back-off. */
const GOOD_SPELL_MS = 60_000;
/** Failures in a row that took us no further, after which the version that we go on from is given up. */
const MAX_FRUITLESS = 3;
/**
 * Failures that the version we go on from may be the reason of. A server that is away is not one: all the agents
 * would read everything anew when it is back.
 */
const BLAMES_VERSION: ReadonlySet<ApiErrorCode> = new Set(['invalid', 'server', 'stalled', 'protocol']);
/**
 * Failures of a streaming list after which a plain one may work. The others are no matter of the way we ask, and a
 * server with too much to do must not be asked for more.
 */
const MAY_LIST_INSTEAD: ReadonlySet<ApiErrorCode> = new Set([...BLAMES_VERSION, 'gone', 'broken']);

/**
 * Keeps the watcher told of one resource, through every failure, until it is stopped.
 *
 * `#version` is where the next watch goes on. While it is empty everything is read anew, as a streaming list where
 * the server has it, else as a plain list; the mirror tells only what is different.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #mirror: Mirror;
  readonly #backoff: Backoff;
  readonly #lifeline: Lifeline;
  readonly #session: Session;
  #running: Promise<void> | undefined;
  #version = '';
  /** A plain list must be at least so new, or time would run backwards; `0` is anything. */
  #floor = '0';
  #synced = false;
  /** As `clock.monotonic()` told it: a clock that is set must not look like a silent server. */
  #heardAt: number | undefined;
  #failing = false;
  #fruitless = 0;
  #replacementBegan = 0;
  #settle: Timer | undefined;

  constructor(options: ReflectorOptions) {
    const { resource, transport, watcher, project, clock, random, budget } = options;
    this.#options = options;
    this.#mirror = new Mirror(resource.kind, watcher, project);
    this.#backoff = new Backoff(random);
    this.#lifeline = new Lifeline(clock);
    this.#session = {
      resource,
      transport,
      budget,
      mirror: this.#mirror,
      lifeline: this.#lifeline,
      opened: () => {
        this.#settle?.cancel();
        this.#settle = clock.after(SETTLED_MS, () => this.#well());
      },
      heard: () => {
        this.#heardAt = clock.monotonic();
      },
    };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#lifeline.end();
    this.#settle?.cancel();
    await this.#running;
  }

  state(): SourceState {
    const { resource, report, clock } = this.#options;
    return {
      kind: resource.kind,
      synced: this.#synced,
      error: report.errorOf(resource.title),
      silentMs: this.#heardAt === undefined ? undefined : clock.monotonic() - this.#heardAt,
    };
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#lifeline.over) {
      const began = clock.monotonic();
      let failure: unknown;
      try {
        await (this.#version === '' ? this.#replace() : this.#follow());
      } catch (error) {
        failure = error;
      }
      if (clock.monotonic() - began >= GOOD_SPELL_MS) this.#backoff.reset();
      if (failure !== undefined && !this.#lifeline.over) await this.#recover(failure);
    }
  }

  /** Reads everything anew. A streaming list goes on as the watch. */
  async #replace(): Promise<void> {
    this.#replacementBegan = this.#options.clock.monotonic();
    try {
      await this.#follow();
      return;
    } catch (error) {
      if (this.#version !== '' || !(error instanceof ApiError) || !MAY_LIST_INSTEAD.has(error.code))
        throw error;
      const { log, resource } = this.#options;
      log.debug({ reason: error.message }, `${resource.title}: no streaming list, using a plain one`);
    }
    try {
      const listed = await list(this.#session, this.#floor);
      if (listed !== undefined) this.#complete(listed.version, listed.difference, 'listed');
    } catch (error) {
      // The server does not have, or does not yet have, the version that we know: ask for the newest.
      if (error instanceof ApiError && (error.code === 'gone' || error.status === 504)) this.#floor = '';
      throw error;
    }
  }

  /** Watches from the version that we know, or from the beginning. */
  async #follow(): Promise<void> {
    const { clock, random } = this.#options;
    const began = clock.monotonic();
    const from = this.#version;
    // Spread, or all the watches that a restarted API server took on would end together, for ever.
    const timeoutSeconds = 300 + Math.floor(random() * 300);
    await watch(
      this.#session,
      { from, timeoutSeconds },
      {
        advanced: (version) => this.#advance(version),
        complete: (version, difference) => this.#complete(version, difference, 'streamed'),
      },
    );
    if (!this.#lifeline.over && from === this.#version && clock.monotonic() - began < SHORT_WATCH_MS) {
      throw new ApiError('broken', 'the server ends watches as soon as they begin');
    }
  }

  #advance(version: string): void {
    if (version === '' || isOlder(version, this.#version)) return;
    this.#version = version;
    this.#floor = version;
    this.#fruitless = 0;
    this.#well();
  }

  #complete(version: string, { objects, changed, removed }: Difference, how: string): void {
    const { clock, log, resource, watcher } = this.#options;
    this.#version = version;
    this.#floor = version;
    this.#fruitless = 0;
    this.#well();
    const ms = Math.round(clock.monotonic() - this.#replacementBegan);
    const fields = { kind: resource.kind, objects, changed, removed, ms, how };
    if (this.#synced) {
      log.info(fields, `${resource.title}: read anew in ${ms} ms: ${changed} changed, ${removed} gone`);
      return;
    }
    this.#synced = true;
    log.info(fields, `${resource.title}: ${objects} ${how} in ${ms} ms`);
    watcher.synced(resource.kind);
  }

  #well(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.report.recovered(this.#options.resource.title);
  }

  async #recover(failure: unknown): Promise<void> {
    const { resource, server, report, log } = this.#options;
    this.#settle?.cancel();
    const error = fromNode(failure);
    const line = describeApiError(error, server(), resource.access);
    if (error.code === 'gone') {
      // What a busy cluster does to a slow watch is no outage.
      log.info({ kind: resource.kind }, `${line}; reading all anew`);
      this.#version = '';
    } else {
      this.#failing = true;
      report.failed(resource.title, line);
      // A version from the future, as after etcd was restored from a backup, gets no answer but silence.
      if (BLAMES_VERSION.has(error.code)) this.#fruitless += 1;
      if (this.#fruitless >= MAX_FRUITLESS) this.#version = '';
    }
    await this.#lifeline.sleep(this.#backoff.next(error.retryAfterMs));
  }
}
