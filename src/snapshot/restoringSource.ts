/** A source that knows the cluster as an earlier agent did, until it has been read. */
import { messageOf } from '../errors/caught.ts';
import type { Clock, Timer } from '../host/clock.ts';
import type { Kind } from '../kube/records.ts';
import type { Source, SourceState, Watcher } from '../kube/source.ts';
import type { Log } from '../telemetry/log.ts';
import { Confirmation } from './confirmation.ts';
import type { Recalled } from './read.ts';

/** An API server that can be reached has told a usual cluster by then. */
const PATIENCE_MS = 2_000;

export interface RestoringSourceOptions {
  readonly source: Source;
  /** What is kept on disk; `undefined` when there is nothing. Rejects when it cannot be used. */
  readonly read: () => Promise<Recalled | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A snapshot that is in use. */
export interface InUse {
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Else this node's own endpoints are left out. */
  readonly sameBoot: boolean;
}

export class RestoringSource implements Source {
  readonly #options: RestoringSourceOptions;
  #confirmation: Confirmation | undefined;
  #restored: InUse | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: RestoringSourceOptions) {
    this.#options = options;
  }

  /** The snapshot that stands in for what has not been read yet; `undefined` before and after. */
  get inUse(): InUse | undefined {
    return this.#confirmation?.complete === false ? this.#restored : undefined;
  }

  start(watcher: Watcher): void {
    const confirmation = new Confirmation(watcher);
    this.#confirmation = confirmation;
    this.#options.source.start({
      upsert: (record, origin) => confirmation.upsert(record, origin),
      remove: (ref) => confirmation.remove(ref),
      unreadable: (problem) => confirmation.unreadable(problem),
      synced: (kind) => this.#synced(confirmation, kind),
    });
    this.#timer = this.#options.clock.after(PATIENCE_MS, () => void this.#restore(confirmation));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#options.source.stop();
  }

  state(): readonly SourceState[] {
    return this.#options.source.state();
  }

  async #restore(confirmation: Confirmation): Promise<void> {
    const { read, log } = this.#options;
    if (confirmation.complete) return;
    try {
      const found = await read();
      if (found === undefined) return;
      const { writtenAt, sameBoot, records } = found;
      let count = 0;
      for await (const record of records) {
        if (this.#stopped || confirmation.complete) return;
        confirmation.recall(record);
        count += 1;
      }
      this.#restored = { writtenAt, sameBoot };
      const fields = { writtenAt: new Date(writtenAt).toISOString(), sameBoot, records: count };
      log.warn(
        fields,
        'the API server has not been read yet: going on with the snapshot of what was known before',
      );
      confirmation.recalled();
    } catch (error) {
      const message = messageOf(error);
      log.warn({ error: message }, 'the snapshot is ignored');
    }
  }

  #synced(confirmation: Confirmation, kind: Kind): void {
    const { writtenAt } = this.inUse ?? {};
    confirmation.synced(kind);
    if (writtenAt === undefined || !confirmation.complete) return;
    const fields = { writtenAt: new Date(writtenAt).toISOString(), gone: confirmation.takenBack };
    this.#options.log.info(fields, 'the API server has been read: the snapshot is no longer in use');
  }
}
