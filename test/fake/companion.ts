import type { CompanionEvents, StartCompanion } from '../../src/host/companion.ts';

/** Programs that say what a test lets them say. */
export class FakeCompanions {
  readonly started: string[] = [];
  /** What the last one was told, a line each. */
  readonly told: string[] = [];
  stopped = 0;
  #events: CompanionEvents | undefined;

  readonly start: StartCompanion = (argv, events) => {
    this.started.push(argv.join(' '));
    this.#events = events;
    return {
      tell: (lines) => void this.told.push(...lines),
      stop: async () => void this.stopped++,
    };
  };

  say(text: string): void {
    this.#events?.said?.(text);
  }

  end(reason: string): void {
    this.#events?.ended(reason);
  }
}
