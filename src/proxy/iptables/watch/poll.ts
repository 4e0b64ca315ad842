/**
 * Notices that somebody removes rules of ours by looking once a second: where the kernel tells nobody (legacy), or
 * where there is no `nft` to listen. A small program does it, because starting one from our own process costs more
 * the more memory we have.
 */
import type { Timer } from '../../../host/clock.ts';
import type { Companion } from '../../../host/companion.ts';
import { LineReader } from '../kernel/lines.ts';
import type { Tools } from '../kernel/tools.ts';
import type { Watch, WatchOptions } from './destructionWatch.ts';

const PERIOD_MS = 1000;
/**
 * A look at legacy tables copies and prints them whole: 100 ms at 2,000 Services, and then looks are further
 * apart, so that they take a twentieth of one processor at most.
 */
const SHARE = 20;
const RESTART_MS = 60_000;
const MOST_UNUSUAL = 10;

export interface PollOptions extends Omit<WatchOptions, 'families' | 'own'> {
  readonly tools: readonly Tools[];
}

export class PollWatch implements Watch {
  readonly #options: PollOptions;
  #poller: Companion;
  #timer: Timer | undefined;
  #asked = 0;
  /** Rules that one look has shown so far. */
  #seen: string[] = [];
  /** What looks show when all is well. */
  #usual: string | undefined;
  /** Looks in a row that showed something else. */
  #unusual = 0;
  #stopped = false;

  constructor(options: PollOptions) {
    this.#options = options;
    this.#poller = this.#start();
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#poller.stop();
  }

  #start(): Companion {
    const lines = new LineReader((line) => this.#line(line));
    return this.#options.companion(['sh', '-c', script(this.#options.tools)], {
      said: (piece) => lines.push(piece),
      // A table that cannot be read just now shows no rules, which is looked into.
      complained: () => undefined,
      ended: () => this.#ended(),
    });
  }

  #ask(): void {
    this.#asked = this.#options.clock.monotonic();
    this.#poller.tell(['']);
  }

  #line(line: string): void {
    if (line !== END) {
      this.#seen.push(line);
      return;
    }
    const now = this.#seen.sort().join('\n');
    this.#seen = [];
    this.#judge(now);
    const { clock } = this.#options;
    const took = clock.monotonic() - this.#asked;
    if (this.#stopped) return;
    this.#timer = clock.after(Math.max(PERIOD_MS, took * SHARE), () => this.#ask());
  }

  /** What stays different although it was looked into is somebody else's business, and usual from then on. */
  #judge(now: string): void {
    if (this.#usual === undefined || this.#unusual === MOST_UNUSUAL) this.#usual = now;
    if (now === this.#usual) {
      this.#unusual = 0;
      return;
    }
    this.#unusual++;
    this.#options.onForeign('the rules that no Service changes are different');
  }

  #ended(): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(RESTART_MS, () => {
      this.#poller = this.#start();
      this.#ask();
    });
  }
}

const END = '.';

/** Chains with rules of ours that stay the same from the first sync on, whatever Services do. */
const SENTINELS = [
  ['nat', 'PREROUTING OUTPUT POSTROUTING KUBE-MARK-MASQ KUBE-POSTROUTING'],
  ['filter', 'INPUT FORWARD OUTPUT KUBE-FORWARD'],
] as const;

/**
 * For each line that it reads, the rules of ours that no Service changes, then END. A chain costs 3 ms on nft
 * however many there are; on legacy a chain costs as much as all, so there all are asked for, once.
 */
function script(tools: readonly Tools[]): string {
  const commands = tools.flatMap(({ variant, iptables, save }) =>
    variant === 'legacy'
      ? [`${save} | grep -E '^-A (KUBE-(MARK-MASQ|POSTROUTING|FORWARD) |[A-Z]+ .*KUBE-)'`]
      : SENTINELS.flatMap(([table, chains]) =>
          chains.split(' ').map((chain) => `${iptables} -t ${table} -S ${chain} | grep KUBE-`),
        ),
  );
  return `while read -r _; do\n${commands.join('\n')}\necho ${END}\ndone 2>/dev/null`;
}
