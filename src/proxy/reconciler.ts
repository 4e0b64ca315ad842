/** When to look at the whole kernel again: now and then, and when somebody else was at our rules. */
import type { Clock, Timer } from '../host/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend } from './backend.ts';
import type { Syncer, SyncListener } from './syncer.ts';

const INTERVAL_MS = 600_000;
/** Part of the interval that is left to chance: a cluster's nodes must not all do it at once. */
const JITTER = 0.2;
/** Others that fight with us over the rules get no more of our time than one part in so many. */
const SHARE = 4;

export interface ReconcilerOptions {
  readonly syncer: Pick<Syncer, 'reconcile'>;
  readonly backend: Pick<Backend, 'watch'>;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Begins with the first sync that it is told of. */
export class Reconciler implements SyncListener {
  readonly #options: ReconcilerOptions;
  #timer: Timer | undefined;
  #watch: Promise<{ stop(): Promise<void> } | undefined> | undefined;
  #running = false;
  /** Somebody was at the rules after the last look began. */
  #suspicion = '';
  #notBefore = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  synced(): void {
    if (this.#watch !== undefined || this.#stopped) return;
    const { backend, log } = this.#options;
    this.#watch = Promise.resolve(backend.watch?.((what) => this.suspect(what))).catch((error: unknown) => {
      log.warn({ error }, 'nothing watches over the rules: they are looked at every ten minutes');
      return undefined;
    });
    this.#schedule();
  }

  /** Somebody was at our rules; `what` says how that shows. */
  suspect(what: string): void {
    const known = this.#suspicion !== '';
    this.#suspicion ||= what;
    if (!known && !this.#running) this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await (await this.#watch)?.stop();
  }

  #schedule(): void {
    const { clock, random } = this.#options;
    if (this.#stopped) return;
    this.#timer?.cancel();
    const wait =
      this.#suspicion === ''
        ? INTERVAL_MS * (1 + JITTER * (random() - 0.5))
        : Math.max(0, this.#notBefore - clock.monotonic());
    this.#timer = clock.after(wait, () => void this.#reconcile());
  }

  async #reconcile(): Promise<void> {
    const { syncer, clock, log } = this.#options;
    if (this.#suspicion !== '') log.info({ because: this.#suspicion }, 'looking at all rules');
    this.#suspicion = '';
    this.#running = true;
    const started = clock.monotonic();
    await syncer.reconcile();
    const now = clock.monotonic();
    this.#running = false;
    this.#notBefore = now + SHARE * (now - started);
    this.#schedule();
  }
}
