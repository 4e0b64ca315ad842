/** One upstream server as we know it: what it was asked, what it owes us, and whether it is believed to live. */
import type { UpstreamState } from '../forwarder.ts';
import type { SocketAddress } from '../settings.ts';

/** Failures in a row after which a server is asked last, until it is heard of again. */
const MAX_FAILURES = 2;

export class Upstream {
  readonly server: SocketAddress;
  /** `10.0.0.2:53`, `[fd00::2]:53` */
  readonly name: string;
  /** It leads back to this agent; it is not asked at all. */
  looping = false;
  /** It lower-cases questions, seen by TCP; mixed case then proves nothing. */
  losesCase = false;
  #queries = 0;
  #failures = 0;
  #failuresInRow = 0;
  #inFlight = 0;

  constructor(server: SocketAddress) {
    this.server = server;
    this.name = server.address.includes(':')
      ? `[${server.address}]:${server.port}`
      : `${server.address}:${server.port}`;
  }

  get healthy(): boolean {
    return this.#failuresInRow < MAX_FAILURES;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  begin(): void {
    this.#queries += 1;
    this.#inFlight += 1;
  }

  /** Ends what `begin` began; any reply at all is a sign of life. */
  end(answered: boolean): void {
    this.#inFlight -= 1;
    if (answered) this.revive();
    else {
      this.#failures += 1;
      this.#failuresInRow += 1;
    }
  }

  revive(): void {
    this.#failuresInRow = 0;
  }

  state(): UpstreamState {
    const healthy = this.healthy && !this.looping;
    return { server: this.name, healthy, queries: this.#queries, failures: this.#failures };
  }
}
