/** A probe, asked again and again, as the kubelet does: the first success counts, failures only so many in a row. */
import type { Clock, Timer } from '../../host/clock.ts';
import type { Probe } from './nodePod.ts';

export interface ProberSettings {
  readonly clock: Clock;
  /** Whether it succeeds now. Never rejects. */
  readonly ask: () => Promise<boolean>;
  /** Told when the answer becomes another; at the beginning it is neither. */
  readonly changed: (succeeds: boolean) => void;
}

export class Prober {
  readonly #probe: Probe;
  readonly #settings: ProberSettings;
  #said: boolean | undefined;
  #failures = 0;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(probe: Probe, settings: ProberSettings) {
    this.#probe = probe;
    this.#settings = settings;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    const succeeds = await this.#settings.ask();
    if (this.#stopped) return;
    this.#failures = succeeds ? 0 : this.#failures + 1;
    if (succeeds) this.#say(true);
    else if (this.#failures >= this.#probe.failureThreshold) this.#say(false);
    if (this.#stopped) return;
    this.#timer = this.#settings.clock.after(this.#probe.periodSeconds * 1000, () => void this.#ask());
  }

  #say(succeeds: boolean): void {
    if (this.#said === succeeds) return;
    this.#said = succeeds;
    this.#settings.changed(succeeds);
  }
}
