/**
 * Notices that somebody removes rules of ours, on the nft backend: the kernel tells every change to who listens,
 * and `nft monitor` listens. Idle, it costs nothing; it is told of deletions only, and so of none that a first
 * sync makes, however large.
 */
import type { Clock, Timer } from '../../../host/clock.ts';
import type { Companion, StartCompanion } from '../../../host/companion.ts';
import type { Family } from '../../../net/ip.ts';
import { LineReader } from '../kernel/lines.ts';
import { parseDestruction } from './destruction.ts';
import type { OwnWrites } from './ownWrites.ts';

/**
 * nft does not read its input, so that alone it would not notice our death. The shell does, and ends it; and it
 * ends with it, which tells us when nft is gone.
 */
const SCRIPT = `exec 3<&0
nft -nn monitor destroy & monitor=$!
{ read -r _ <&3; kill $monitor; } >/dev/null 2>&1 &
wait $monitor`;

const FIRST_RESTART_MS = 5_000;
/** One that cannot stay, for want of a right perhaps, must not make us read all rules over and over. */
const MAX_RESTART_MS = 600_000;

export interface WatchOptions {
  readonly clock: Clock;
  readonly companion: StartCompanion;
  readonly families: readonly Family[];
  readonly own: OwnWrites;
  /** Called with what happened: `rules of nat KUBE-SERVICES (IPv4) were removed`. */
  readonly onForeign: (what: string) => void;
}

export interface Watch {
  stop(): Promise<void>;
}

export class DestructionWatch implements Watch {
  readonly #options: WatchOptions;
  #monitor: Companion;
  #restart: Timer | undefined;
  #restarts = 0;
  #stopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#monitor = this.#start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#restart?.cancel();
    await this.#monitor.stop();
  }

  #start(): Companion {
    const lines = new LineReader((line) => this.#line(line));
    return this.#options.companion(['sh', '-c', SCRIPT], {
      said: (piece) => lines.push(piece),
      complained: (text) => this.#missed(text),
      ended: (reason) => this.#ended(reason),
    });
  }

  #line(line: string): void {
    if (line.startsWith('# ERROR')) {
      this.#missed(line);
      return;
    }
    this.#restarts = 0;
    const gone = parseDestruction(line);
    const { families, own, onForeign } = this.#options;
    if (gone === undefined || !families.includes(gone.family)) return;
    const { family, table, chain } = gone;
    if (chain === '') onForeign(`table ${table} (${family}) was deleted`);
    else if (!own.explain(family, table, chain)) {
      onForeign(`rules of ${table} ${chain} (${family}) were removed`);
    }
  }

  /** The kernel drops news that nobody reads in time; what was in them is unknown. */
  #missed(text: string): void {
    this.#options.onForeign(`news of changes may have been missed: ${text}`);
  }

  #ended(reason: string): void {
    if (this.#stopped) return;
    const delay = Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restarts++);
    this.#restart = this.#options.clock.after(delay, () => {
      this.#monitor = this.#start();
      this.#missed(reason);
    });
  }
}
