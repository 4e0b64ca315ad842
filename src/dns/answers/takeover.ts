/** Takes pictures over. What a large one leaves to be done goes by short turns, and questions have theirs in between. */
import type { ChangeSet, Picture } from '../../catalog/picture.ts';
import type { Clock } from '../../host/clock.ts';
import type { Answers } from './answers.ts';

const TURN_MS = 10;

export class Takeover {
  readonly #answers: Answers;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  #next: NodeJS.Immediate | undefined;

  constructor(answers: Answers, clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#answers = answers;
    this.#clock = clock;
  }

  /** As `DnsService.update`. */
  update(picture: Picture, changes: ChangeSet | undefined): void {
    this.#answers.update(picture, changes, Math.floor(this.#clock.now() / 1000));
    if (this.#answers.resolver.unfinished > 0) this.#next ??= setImmediate(() => this.#work());
  }

  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  #work(): void {
    this.#next = undefined;
    const began = this.#clock.monotonic();
    const more = this.#answers.resolver.work(() => this.#clock.monotonic() - began < TURN_MS);
    if (more) this.#next = setImmediate(() => this.#work());
  }
}
