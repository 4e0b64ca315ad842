/** One watch over HTTP: a line of JSON an event, written no faster than the client reads. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../objects/json.ts';
import type { ApiError } from '../objects/status.ts';
import type { Watch, WatchEvent, WatchSink } from '../registry/watch.ts';
import type { Faults, TroubledWatch } from './faults.ts';

export class WatchStream implements WatchSink, TroubledWatch {
  readonly #response: ServerResponse;
  readonly #faults: Faults;
  readonly #dress: (event: WatchEvent) => JsonObject;
  #watch: Watch | undefined;
  #queue: WatchEvent[] = [];
  #ended = false;
  #full = false;

  /** @param dress gives an event's object the form that the client asked for */
  constructor(response: ServerResponse, faults: Faults, dress: (event: WatchEvent) => JsonObject) {
    this.#response = response;
    this.#faults = faults;
    this.#dress = dress;
  }

  /** Runs the watch until either side ends it. */
  run(watch: Watch): void {
    this.#watch = watch;
    this.#faults.opened(this);
    this.#response.on('close', () => {
      watch.stop();
      this.#faults.closed(this);
    });
    this.#response.on('drain', () => {
      this.#full = false;
      this.#pump();
    });
    watch.start();
    this.#pump();
  }

  event(event: WatchEvent): void {
    for (let copy = 0; copy < this.#faults.copies; copy++) this.#queue.push(event);
    // At the end of this turn: the initial events, or a burst of changes, then make one write.
    if (this.#queue.length === this.#faults.copies) setImmediate(() => this.#pump());
  }

  end(): void {
    this.#watch?.stop();
    this.#ended = true;
    this.#pump();
  }

  fail(error: ApiError): void {
    this.#watch?.fail(error);
  }

  reset(lastWords: string): void {
    if (lastWords !== '') this.#response.write(lastWords);
    this.#response.socket?.resetAndDestroy();
  }

  garble(text: string): void {
    this.#response.write(text);
  }

  resume(): void {
    this.#pump();
  }

  #pump(): void {
    if (this.#faults.stalled || this.#full || this.#response.destroyed || this.#response.writableEnded)
      return;
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { 'Content-Type': 'application/json' });
      // A client must know that its watch stands before anything happens.
      this.#response.flushHeaders();
    }
    const batch = this.#queue.slice(0, BATCH);
    this.#queue = this.#queue.slice(BATCH);
    if (batch.length > 0) {
      const lines = batch.map(
        (event) => `${JSON.stringify({ type: event.type, object: this.#dress(event) })}\n`,
      );
      this.#full = !this.#response.write(lines.join(''));
    }
    if (this.#queue.length > 0) {
      if (!this.#full) setImmediate(() => this.#pump());
    } else if (this.#ended) {
      this.#response.end();
    }
  }
}

/** Events a write: few enough that encoding them does not hold up the process. */
const BATCH = 200;
