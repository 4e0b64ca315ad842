/**
 * Notices that somebody removes rules of ours, on the nft backend: the kernel tells every change to who listens,
 * and `nft monitor` listens. Idle, it costs nothing but memory, for it reads all rules at its start; it is told of
 * deletions only, and so of none that a sync of new Services makes, however large.
 */
import type { Clock, Timer } from '../host/clock.ts';
import type { Companion, StartCompanion } from '../host/companion.ts';
import { LineReader } from '../host/lineReader.ts';
import { type Destruction, parseDestruction } from './destruction.ts';
import type { Holding, Watch } from './holding.ts';

/**
 * nft does not read its input, so that alone it would not notice our death: the kernel ends it then. No shell is
 * needed for it, and a container image has none.
 */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'KILL'] as const;
const MONITOR = [...ENDS_WITH_US, 'nft', '-nn', 'monitor', 'destroy'] as const;

/** Succeeds where all that `DestructionWatch` starts is installed. */
export const MONITOR_CHECK: readonly [string, ...string[]] = [...ENDS_WITH_US, 'nft', '--version'];

const FIRST_RESTART_MS = 5_000;
/** One that cannot stay, for want of a right perhaps, must not make us read all rules over and over. */
const MAX_RESTART_MS = 600_000;

export class DestructionWatch {
  readonly #clock: Clock;
  readonly #companion: StartCompanion;
  readonly #holdings = new Set<Holding>();
  /** While there is something to watch over. */
  #monitor: Companion | undefined;
  #restart: Timer | undefined;
  #restarts = 0;

  constructor(clock: Clock, companion: StartCompanion) {
    this.#clock = clock;
    this.#companion = companion;
  }

  add(holding: Holding): Watch {
    this.#holdings.add(holding);
    if (this.#holdings.size === 1) this.#start();
    return { stop: () => this.#remove(holding) };
  }

  async #remove(holding: Holding): Promise<void> {
    if (!this.#holdings.delete(holding) || this.#holdings.size > 0) return;
    this.#restart?.cancel();
    const monitor = this.#monitor;
    this.#monitor = undefined;
    await monitor?.stop();
  }

  #start(): void {
    const lines = new LineReader((line) => this.#line(line));
    this.#monitor = this.#companion(MONITOR, {
      deaf: true,
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
    if (gone === undefined) return;
    for (const holding of this.#holdings) {
      if (isForeign(gone, holding)) holding.onForeign(describe(gone));
    }
  }

  /** The kernel drops news that nobody reads in time; what was in them is unknown. */
  #missed(text: string): void {
    for (const { onForeign } of this.#holdings) onForeign(`news of changes may have been missed: ${text}`);
  }

  #ended(reason: string): void {
    if (this.#holdings.size === 0) return;
    const delay = Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restarts++);
    this.#restart = this.#clock.after(delay, () => {
      this.#start();
      this.#missed(reason);
    });
  }
}

function isForeign({ family, table, chain }: Destruction, holding: Holding): boolean {
  if (!holding.programs.some((one) => one.family === family) || !holding.has(table, chain)) return false;
  return chain === '' || !holding.removed(family, table, chain);
}

function describe({ family, table, chain }: Destruction): string {
  return chain === ''
    ? `table ${table} (${family}) was deleted`
    : `rules of ${table} ${chain} (${family}) were removed`;
}
