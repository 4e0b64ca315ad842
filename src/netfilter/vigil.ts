/** When to look at all that is ours in the kernel: now and then, and when somebody else was at it. */
import type { Clock, Timer } from '../host/clock.ts';
import type { Watch } from './holding.ts';

/** Others that fight with us over the rules get no more of our time than one part in so many. */
const SHARE = 4;
/**
 * One look soon after the start: what others removed before anybody listened, nobody will tell. Nodes that boot load
 * their firewall in that moment.
 */
const FIRST_MS = 5_000;
/**
 * And one after each that somebody gave cause for, where a watch may miss what they do while we put things right: an
 * accident seldom comes alone.
 */
const AGAIN_MS = 2_000;

export interface VigilOptions {
  readonly clock: Clock;
  /** Milliseconds to the next look that nobody gave cause for, but for the first. */
  readonly interval: () => number;
  /** Looks, and repairs. Must not reject. `because` is empty when nobody gave cause. */
  readonly look: (because: string) => Promise<void>;
  /** Tells of causes. Where it rejects, there are only the looks now and then. */
  readonly watch: (onForeign: (what: string) => void) => Promise<Watch | undefined>;
  readonly onUnwatched: (error: unknown) => void;
}

export class Vigil {
  readonly #options: VigilOptions;
  #timer: Timer | undefined;
  #watch: Promise<Watch | undefined> | undefined;
  #running = false;
  /** Milliseconds to a look that is due soon, though nobody gave cause. */
  #soon: number | undefined = FIRST_MS;
  /** Somebody was at the rules after the last look began. */
  #suspicion = '';
  #notBefore = Number.NEGATIVE_INFINITY;
  #exact = false;
  #stopped = false;

  constructor(options: VigilOptions) {
    this.#options = options;
  }

  /** From now on, until it is stopped for good. To be called once the rules are in. */
  start(): void {
    if (this.#watch !== undefined || this.#stopped) return;
    const { watch, onUnwatched } = this.#options;
    this.#watch = watch((what) => this.#suspect(what)).catch((error: unknown) => {
      onUnwatched(error);
      return undefined;
    });
    void this.#watch.then((found) => {
      this.#exact = found?.exact === true;
    });
    this.#schedule();
  }

  /** Does not wait for a look under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await (await this.#watch)?.stop();
  }

  #suspect(what: string): void {
    const known = this.#suspicion !== '';
    this.#suspicion ||= what;
    if (!known && !this.#running) this.#schedule();
  }

  #schedule(): void {
    const { clock, interval } = this.#options;
    if (this.#stopped) return;
    this.#timer?.cancel();
    const routine = this.#soon ?? interval();
    const wait = this.#suspicion === '' ? routine : Math.max(0, this.#notBefore - clock.monotonic());
    this.#timer = clock.after(wait, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock, look } = this.#options;
    const because = this.#suspicion;
    this.#suspicion = '';
    this.#running = true;
    this.#soon = because === '' || this.#exact ? undefined : AGAIN_MS;
    const started = clock.monotonic();
    await look(because);
    const now = clock.monotonic();
    this.#running = false;
    this.#notBefore = now + SHARE * (now - started);
    this.#schedule();
  }
}
