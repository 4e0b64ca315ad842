/** Looks at all rules again: every ten minutes, and when somebody else was at them. */
import type { Clock } from '../host/clock.ts';
import { Vigil } from '../netfilter/vigil.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend } from './backend.ts';
import type { Syncer, SyncListener } from './syncer.ts';

const INTERVAL_MS = 600_000;
/** Part of the interval that is left to chance: a cluster's nodes must not all do it at once. */
const JITTER = 0.2;

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
  readonly #vigil: Vigil;

  constructor({ syncer, backend, clock, log, random }: ReconcilerOptions) {
    this.#vigil = new Vigil({
      clock,
      interval: () => INTERVAL_MS * (1 + JITTER * (random() - 0.5)),
      look: (because) => {
        if (because !== '') log.info({ because }, 'looking at all rules');
        return syncer.reconcile();
      },
      watch: async (onForeign) => backend.watch?.(onForeign),
      onUnwatched: (error) => {
        log.warn({ error }, 'nothing watches over the rules: they are looked at every ten minutes');
      },
    });
  }

  synced(): void {
    this.#vigil.start();
  }

  stop(): Promise<void> {
    return this.#vigil.stop();
  }
}
