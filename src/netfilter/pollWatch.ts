/**
 * Notices that somebody removes rules of ours by looking once a second: where the kernel tells nobody (legacy), or
 * where we cannot listen. A small program does it, because starting one from our own process costs more
 * the more memory we have.
 */
import type { Clock, Timer } from '../host/clock.ts';
import type { Companion, StartCompanion } from '../host/companion.ts';
import { LineReader } from '../host/lineReader.ts';
import { END } from '../host/looks/look.ts';
import { lookerArgv } from '../host/looks/lookerArgv.ts';
import type { Holding, Watch } from './holding.ts';
import { lookAt } from './look.ts';

const PERIOD_MS = 1000;
/**
 * A look at legacy tables copies and prints them whole: 100 ms at 2,000 Services, and then looks are further
 * apart, so that they take a twentieth of one processor at most.
 */
const SHARE = 20;
/**
 * The quickest of so many looks counts: one that had to wait for a processor says little of what a look costs. As
 * the agent starts there are many of those, and one of them kept it from looking again for 20 s.
 */
const LOOKS = 3;
const RESTART_MS = 60_000;
const MOST_UNUSUAL = 10;

/** What is known of one holding. */
interface Habit {
  /** What looks show when all is well. */
  usual: string | undefined;
  /** Looks in a row that showed something else. */
  unusual: number;
}

export class PollWatch {
  readonly #clock: Clock;
  readonly #companion: StartCompanion;
  readonly #habits = new Map<Holding, Habit>();
  /** While there is something to watch over. */
  #poller: Companion | undefined;
  #timer: Timer | undefined;
  #askedAt = 0;
  /** What the last looks took, in milliseconds. */
  #took: readonly number[] = Array.from({ length: LOOKS }, () => 0);
  /** Those that the look under way is about. */
  #asked: Holding[] = [];
  /** Rules that one look has shown so far. */
  #seen: string[] = [];

  constructor(clock: Clock, companion: StartCompanion) {
    this.#clock = clock;
    this.#companion = companion;
  }

  add(holding: Holding): Watch {
    this.#habits.set(holding, { usual: undefined, unusual: 0 });
    if (this.#habits.size === 1) this.#start();
    // What goes before the first look would seem usual.
    else if (this.#asked.length === 0) this.#ask();
    return { exact: false, stop: () => this.#remove(holding) };
  }

  async #remove(holding: Holding): Promise<void> {
    if (!this.#habits.delete(holding) || this.#habits.size > 0) return;
    this.#timer?.cancel();
    const poller = this.#poller;
    this.#poller = undefined;
    await poller?.stop();
  }

  #start(): void {
    const lines = new LineReader((line) => this.#line(line));
    this.#seen = [];
    this.#poller = this.#companion(lookerArgv(), {
      said: (piece) => lines.push(piece),
      // A table that cannot be read just now shows no rules, which is looked into.
      complained: () => undefined,
      ended: () => this.#ended(),
    });
    this.#ask();
  }

  #ask(): void {
    this.#timer?.cancel();
    this.#askedAt = this.#clock.monotonic();
    this.#asked = [...this.#habits.keys()];
    this.#poller?.tell([JSON.stringify(lookAt(this.#asked))]);
  }

  #line(line: string): void {
    if (line !== END) {
      this.#seen.push(line);
      return;
    }
    const seen = this.#seen.sort();
    this.#seen = [];
    for (const holding of this.#asked.splice(0)) this.#judge(holding, seen);
    if (this.#habits.size === 0) return;
    this.#took = [...this.#took.slice(1), this.#clock.monotonic() - this.#askedAt];
    const wait = Math.max(PERIOD_MS, SHARE * Math.min(...this.#took));
    this.#timer = this.#clock.after(wait, () => this.#ask());
  }

  /** What stays different although it was looked into is somebody else's business, and usual from then on. */
  #judge(holding: Holding, seen: readonly string[]): void {
    const habit = this.#habits.get(holding);
    if (habit === undefined) return;
    const now = seen.filter((line) => holding.lasting.lines.test(line)).join('\n');
    if (habit.usual === undefined || habit.unusual === MOST_UNUSUAL) habit.usual = now;
    if (now === habit.usual) {
      habit.unusual = 0;
      return;
    }
    habit.unusual++;
    holding.onForeign('the rules that no Service changes are different');
  }

  #ended(): void {
    this.#timer?.cancel();
    if (this.#habits.size === 0) return;
    this.#timer = this.#clock.after(RESTART_MS, () => this.#start());
  }
}
