import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Clock, Timer } from '../../host/clock.ts';
import { ApiError } from './apiError.ts';
import { fromNode } from './classify.ts';
import type { ByteStream } from './transport.ts';

/** The body of an answer, unzipped where the server zipped it; fails when nothing comes for `silenceMs`. */
export class ResponseStream implements ByteStream {
  readonly #body: Readable;
  readonly #clock: Clock;
  #silenceMs: number;
  #heardAt: number;
  #timer: Timer | undefined;
  #closed = false;

  constructor(response: IncomingMessage, clock: Clock, silenceMs: number) {
    this.#body = unzipped(response);
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#heardAt = clock.monotonic();
    // Nobody may be iterating yet when the connection breaks; the iteration reports it.
    this.#body.on('error', () => undefined);
    this.#watchSilence(silenceMs);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of this.#body) {
        this.#heardAt = this.#clock.monotonic();
        yield chunk;
      }
    } catch (error) {
      if (!this.#closed) throw fromNode(error);
    } finally {
      this.#timer?.cancel();
    }
  }

  limitSilence(ms: number): void {
    this.#silenceMs = ms;
    this.#timer?.cancel();
    this.#watchSilence(ms);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#body.destroy();
  }

  /** One timer that looks at the time of the last chunk: re-arming a timer for each chunk would cost more. */
  #watchSilence(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      const silent = this.#clock.monotonic() - this.#heardAt;
      if (silent < this.#silenceMs) this.#watchSilence(this.#silenceMs - silent);
      else this.#body.destroy(new ApiError('stalled', `nothing heard for ${Math.round(silent / 1000)} s`));
    });
  }
}

function unzipped(response: IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  // The callback must be there: without it a broken connection would be an uncaught error.
  return pipeline(response, createGunzip(), () => undefined);
}

/** Reads a whole body. @throws ApiError `protocol` when it is longer than `maxBytes` */
export async function readWhole(stream: ByteStream, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new ApiError('protocol', `an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
