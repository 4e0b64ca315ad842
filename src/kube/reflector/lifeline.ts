import type { Clock, Timer } from '../../host/clock.ts';
import type { ByteStream } from '../transport/transport.ts';

/** All that a loop ever waits for, one thing at a time, so that stopping it does not have to wait too. */
export class Lifeline {
  readonly #clock: Clock;
  #over = false;
  #stream: ByteStream | undefined;
  #timer: Timer | undefined;
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get over(): boolean {
    return this.#over;
  }

  end(): void {
    this.#over = true;
    this.#stream?.close();
    this.#timer?.cancel();
    this.#wake();
  }

  /** Undefined when the end comes first; a stream that opens later is closed. */
  open(opening: Promise<ByteStream>): Promise<ByteStream | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#over) resolve(undefined);
      this.#wake = () => resolve(undefined);
      opening.then((stream) => {
        if (this.#over) stream.close();
        else this.#stream = stream;
        resolve(stream);
      }, reject);
    });
  }

  sleep(ms: number): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#clock.after(ms, resolve);
    });
  }
}
