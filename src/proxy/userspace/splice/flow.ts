/** One connection of a client, carried to the first endpoint that takes it. */
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, type Watcher } from '../../../host/tcp/poller.ts';
import { Stream } from '../../../host/tcp/stream.ts';
import type { RelayEndpoint } from '../relay.ts';
import { dialTimeout } from '../tcp/dialTimeout.ts';
import type { FlowPort } from './flowPort.ts';
import { Timed } from './timers.ts';

/** The kernel asks after peers of connections that are older than that. */
const KEEP_ALIVE_AFTER_MS = 10_000;

const ENDING = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const READABLE = EPOLLIN | ENDING;
const NONE = -1;

export interface Arrived {
  readonly fd: number;
  /** Empty where nobody asks for it. */
  readonly address: string;
  /** What an endpoint is told first. */
  readonly header: Uint8Array | undefined;
}

/** Watches its client; `#endpointEnd` watches the endpoint. */
export class Flow extends Timed implements Watcher {
  /** Its place among those of its port. */
  index = 0;
  readonly #port: FlowPort;
  readonly #arrived: Arrived;
  readonly #in: Stream;
  readonly #out: Stream;
  readonly #endpointEnd: Watcher = { ready: (events) => this.#endpointReady(events) };
  #upstream: number = NONE;
  #endpoint: RelayEndpoint | undefined;
  /** Absent once a try can no longer be repeated elsewhere. */
  #order: Iterator<RelayEndpoint, void> | undefined;
  #next: RelayEndpoint | undefined;
  #attempts = 0;
  #dialing = true;
  #startedAt = 0;
  /** Halves that were ended towards their readers. */
  #inEnded = false;
  #outEnded = false;
  #over = false;

  constructor(port: FlowPort, arrived: Arrived) {
    super();
    this.#port = port;
    this.#arrived = arrived;
    this.#in = new Stream(port.host.streams);
    this.#out = new Stream(port.host.streams);
  }

  start(): void {
    const { host, balancer, counts } = this.#port;
    counts.accepted += 1;
    counts.open += 1;
    this.#order = balancer.order(this.#arrived.address);
    this.#advanceOrder();
    if (host.poller.watch(this.#arrived.fd, this)) this.#dial();
    else this.reset();
  }

  /** Of the client's socket; 0 to go on. */
  ready(events: number): void {
    if (this.#over) return;
    if ((events & READABLE) !== 0) this.#in.readable = true;
    if ((events & ENDING) !== 0) this.#in.ending = true;
    if ((events & EPOLLOUT) !== 0) this.#out.writable = true;
    if (!this.#dialing) this.#move();
    // What could still be moved was. A client that is dead needs no more.
    if ((events & EPOLLERR) !== 0) this.reset();
  }

  /** The endpoint's time to answer is over; or the connection has proved to be a long one. */
  override expire(): void {
    if (this.#dialing) this.#elsewhere();
    else this.#port.host.sockets.keepAlive(this.#upstream);
  }

  /** Both sides see a reset: nobody takes what came so far for the whole. */
  reset(): void {
    this.#end((fd) => this.#port.host.sockets.reset(fd));
  }

  #endpointReady(events: number): void {
    if (this.#over) return;
    if (this.#dialing) {
      if ((events & (EPOLLERR | EPOLLHUP)) !== 0) return this.#elsewhere();
      if ((events & EPOLLOUT) === 0) return;
      this.#connected();
    }
    if ((events & READABLE) !== 0) this.#out.readable = true;
    if ((events & ENDING) !== 0) this.#out.ending = true;
    if ((events & EPOLLOUT) !== 0) this.#in.writable = true;
    if ((events & EPOLLERR) === 0) return this.#move();
    // What it sent before it died is the client's.
    this.#count(() => this.#out.move(this.#upstream, this.#arrived.fd));
    this.#endpointDied();
  }

  #dial(): void {
    const { host } = this.#port;
    for (let endpoint = this.#next; endpoint !== undefined; endpoint = this.#next) {
      this.#advanceOrder();
      this.#endpoint = endpoint;
      this.#startedAt = host.now();
      this.#upstream = host.sockets.connect(this.#port.nameOf(endpoint));
      if (this.#upstream >= 0 && host.poller.watch(this.#upstream, this.#endpointEnd)) {
        this.#dialing = true;
        host.timers.start(this, dialTimeout(this.#attempts++, this.#next === undefined));
        return;
      }
      this.#leave();
    }
    this.#port.counts.failed += 1;
    this.reset();
  }

  #elsewhere(): void {
    this.#leave();
    this.#dial();
  }

  /** Lets go of an endpoint that failed. */
  #leave(): void {
    const { host, counts } = this.#port;
    host.timers.stop(this);
    if (this.#upstream >= 0) {
      host.poller.forget(this.#upstream, this.#endpointEnd);
      host.sockets.close(this.#upstream);
    }
    this.#upstream = NONE;
    this.#out.readable = false;
    this.#out.ending = false;
    if (this.#endpoint !== undefined) this.#port.failed(this.#endpoint);
    if (this.#next !== undefined) counts.retries += 1;
  }

  #advanceOrder(): void {
    const next = this.#order?.next();
    this.#next = next === undefined || next.done === true ? undefined : next.value;
  }

  #connected(): void {
    const { host } = this.#port;
    const { address, header } = this.#arrived;
    host.timers.stop(this);
    host.timers.start(this, KEEP_ALIVE_AFTER_MS);
    this.#dialing = false;
    this.#in.writable = true;
    const seconds = (host.now() - this.#startedAt) / 1000;
    if (this.#endpoint !== undefined) this.#port.reached(this.#endpoint, address, seconds);
    // Into a new socket it goes whole, or the socket is broken, which the next call finds.
    if (header !== undefined) host.sockets.send(this.#upstream, header);
  }

  #move(): void {
    const client = this.#arrived.fd;
    const upstream = this.#upstream;
    // The endpoint first: where it sent something, all cannot be done again elsewhere.
    const out = this.#outEnded ? 'ended' : this.#count(() => this.#out.move(upstream, client));
    if (out === 'unreadable') return this.#endpointDied();
    if (out === 'unwritable') return this.reset();
    const into = this.#inEnded ? 'ended' : this.#count(() => this.#in.move(client, upstream));
    if (into === 'unwritable') return this.#endpointDied();
    if (into === 'unreadable') return this.reset();
    if (out === 'ended' && into === 'ended') return this.#end((fd) => this.#port.host.sockets.close(fd));
    const { host } = this.#port;
    if (out === 'ended' && !this.#outEnded) host.sockets.end(client);
    if (into === 'ended' && !this.#inEnded) host.sockets.end(upstream);
    this.#outEnded = out === 'ended';
    this.#inEnded = into === 'ended';
    if (out === 'unfinished' || into === 'unfinished') host.poller.again(this);
  }

  #count<T>(move: () => T): T {
    const { counts } = this.#port;
    const [before, after] = [this.#in.read, this.#out.read];
    const moved = move();
    if (this.#in.read > before) counts.bytesIn += this.#in.read - before;
    if (this.#out.read > after) counts.bytesOut += this.#out.read - after;
    return moved;
  }

  /** Before anything went either way, another endpoint can still do it all. */
  #endpointDied(): void {
    if (this.#in.sent > 0 || this.#out.read > 0 || this.#inEnded || this.#outEnded) this.reset();
    else this.#elsewhere();
  }

  #end(close: (fd: number) => void): void {
    if (this.#over) return;
    this.#over = true;
    const { host } = this.#port;
    host.timers.stop(this);
    this.#in.drop();
    this.#out.drop();
    // Counted before a peer can see it: who looks then finds it so.
    this.#port.ended(this.index);
    host.poller.forget(this.#arrived.fd, this);
    if (this.#upstream >= 0) {
      host.poller.forget(this.#upstream, this.#endpointEnd);
      close(this.#upstream);
    }
    close(this.#arrived.fd);
  }
}
