import type { Clock, Timer } from '../../../src/host/clock.ts';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import type { ByteStream } from '../../../src/kube/transport/transport.ts';

/** One answer of the model server: bytes that come when the test says so, and an end of any kind. */
export class ModelStream implements ByteStream {
  readonly #chunks: Buffer[] = [];
  readonly #clock: Clock;
  #silenceMs: number;
  #end: { readonly error?: ApiError } | undefined;
  #wake: () => void = () => undefined;
  #timer: Timer | undefined;
  /** A half-open connection: what is sent gets lost. */
  dead = false;
  closed = false;

  constructor(clock: Clock, silenceMs: number) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#arm();
  }

  get open(): boolean {
    return !this.closed && this.#end === undefined;
  }

  send(text: string): void {
    if (this.dead || !this.open) return;
    this.#chunks.push(Buffer.from(text));
    this.#arm();
    this.#wake();
  }

  end(error?: ApiError): void {
    if (!this.open) return;
    this.#timer?.cancel();
    this.#end = error === undefined ? {} : { error };
    this.#wake();
  }

  limitSilence(ms: number): void {
    this.#silenceMs = ms;
    this.#arm();
  }

  close(): void {
    this.closed = true;
    this.#timer?.cancel();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      if (this.closed) return;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#silenceMs, () => {
      this.end(new ApiError('stalled', `nothing heard for ${this.#silenceMs / 1000} s`));
    });
  }
}
