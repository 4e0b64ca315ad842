/** One connection of a client, carried to the first endpoint that takes it. */
import type { Socket } from 'node:net';
import type { Clock } from '../../../host/clock.ts';
import type { Balancer } from '../balancer.ts';
import type { Tally } from '../figures.ts';
import type { RelayEndpoint } from '../relay.ts';
import { dial } from './dial.ts';
import { dialTimeout } from './dialTimeout.ts';
import { proxyHeader } from './proxyHeader.ts';
import { reset } from './reset.ts';

/** Peers that vanish without a word, a pod whose node lost power for one, are noticed after minutes, not hours. */
const KEEP_ALIVE_MS = 30_000;

export interface CarriedParts {
  readonly client: Socket;
  readonly balancer: Balancer;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly proxyProtocol: boolean;
}

export class Carried {
  readonly #parts: CarriedParts;
  #upstream: Socket | undefined;
  #ended = false;
  readonly #done = Promise.withResolvers<void>();
  #onClientError: (error: Error) => void = () => this.#end();

  constructor(parts: CarriedParts) {
    this.#parts = parts;
    const { client } = parts;
    client.setNoDelay(true);
    client.setKeepAlive(true, KEEP_ALIVE_MS);
    client.on('error', (error) => this.#onClientError(error));
    client.once('close', () => this.#end());
    void this.#carry();
  }

  /** Settled when both sides are closed. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Octets so far, from the client and to it. */
  get bytesIn(): number {
    return this.#parts.client.bytesRead;
  }

  get bytesOut(): number {
    return this.#upstream?.bytesRead ?? 0;
  }

  /** Both sides see a reset: nobody takes what came so far for the whole. */
  reset(): void {
    reset(this.#parts.client);
    if (this.#upstream !== undefined) reset(this.#upstream);
    this.#end();
  }

  async #carry(): Promise<void> {
    const { client, balancer, tally } = this.#parts;
    const from = client.remoteAddress ?? '';
    const order = balancer.order(from);
    let next = order.next();
    for (let attempt = 0; next.done !== true; attempt++) {
      const endpoint = next.value;
      next = order.next();
      const why = await this.#try(endpoint, attempt, next.done === true);
      if (this.#ended) return;
      if (why === 'carried') return this.#end();
      balancer.failed(endpoint);
      tally.failed(endpoint.text);
      if (next.done !== true) tally.counts.retries += 1;
    }
    tally.counts.failed += 1;
    this.reset();
  }

  /** `failed` before anything went either way, so that another endpoint can still do it all. */
  async #try(endpoint: RelayEndpoint, attempt: number, last: boolean): Promise<'carried' | 'failed'> {
    const { client, balancer, tally, clock, proxyProtocol } = this.#parts;
    const began = clock.monotonic();
    let upstream: Socket;
    try {
      upstream = await dial(endpoint, dialTimeout(attempt, last), clock);
    } catch {
      return 'failed';
    }
    if (this.#ended) {
      upstream.destroy();
      return 'carried';
    }
    balancer.reached(endpoint, client.remoteAddress ?? '');
    tally.reached(endpoint.text, (clock.monotonic() - began) / 1000);
    upstream.setKeepAlive(true, KEEP_ALIVE_MS);
    if (proxyProtocol) upstream.write(proxyHeader(client));
    this.#upstream = upstream;
    return this.#join(client, upstream);
  }

  #join(client: Socket, upstream: Socket): Promise<'carried' | 'failed'> {
    const { promise, resolve } = Promise.withResolvers<'carried' | 'failed'>();
    upstream.once('error', () => {
      client.unpipe(upstream);
      // Even an octet that was read and not sent on yet cannot be asked for again.
      if (client.bytesRead === 0 && upstream.bytesRead === 0 && !client.readableEnded) {
        this.#upstream = undefined;
        client.pause();
        resolve('failed');
      } else reset(client);
    });
    upstream.once('close', (hadError) => {
      if (!hadError && client.writable) client.end();
    });
    // An error is a reset, but for time-outs: the endpoint shall see it too.
    this.#onClientError = () => reset(upstream);
    client.once('close', () => {
      if (!upstream.destroyed && !upstream.writableEnded) upstream.end();
      resolve('carried');
    });
    // pipe() waits for the slower side, and ends the other half when one half ends.
    client.pipe(upstream);
    upstream.pipe(client);
    return promise;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { counts } = this.#parts.tally;
    counts.bytesIn += this.bytesIn;
    counts.bytesOut += this.bytesOut;
    this.#done.resolve();
  }
}
