/** Exchanges by TCP: for replies that UDP cannot carry, or should not be trusted with. */
import type { Clock, Timer } from '../../../host/clock.ts';
import { formatSocketAddress, type SocketAddress } from '../../../net/socketAddress.ts';
import type { Exchanged, ExchangeRequest, Transport } from './transport.ts';
import { UpstreamConnection } from './upstreamConnection.ts';

/** How long a connection waits for its next question: CoreDNS's, and less than servers allow. */
const IDLE_MS = 10_000;
/** Connections to one server that may wait so. */
const MAX_IDLE = 16;

/** Connections are used again, as setting one up costs more than the question. */
export function tcpTransport(clock: Clock): Transport {
  return new TcpTransport(clock);
}

interface Idle {
  readonly connection: UpstreamConnection;
  readonly expiry: Timer;
}

class TcpTransport implements Transport {
  readonly #clock: Clock;
  /** By name of the server; the one used last is taken first. */
  readonly #idle = new Map<string, Idle[]>();
  #closing: AbortSignal | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async exchange(request: ExchangeRequest): Promise<Exchanged> {
    const deadline = this.#clock.monotonic() + request.timeoutMs;
    const waiting = this.#take(request.server);
    if (waiting !== undefined) {
      request.onSocket?.(true);
      const exchanged = await this.#exchange(waiting, request, deadline);
      // The server may have closed it just then, which says nothing about the question.
      if (waiting.open || exchanged.kind === 'reply' || this.#clock.monotonic() >= deadline) return exchanged;
    }
    if (request.signal.aborted) return { kind: 'none', reason: 'closed' };
    request.onSocket?.(false);
    const fresh = new UpstreamConnection(request.server, (closed) => this.#forget(request.server, closed));
    return this.#exchange(fresh, request, deadline);
  }

  async #exchange(
    connection: UpstreamConnection,
    { server, message, judge, signal }: ExchangeRequest,
    deadline: number,
  ): Promise<Exchanged> {
    const abort = (): void => connection.close('closed');
    const left = Math.max(0, deadline - this.#clock.monotonic());
    const timer = this.#clock.after(left, () => {
      connection.close('no reply in time (TCP)');
      // The way there may have changed under all of them, and none would notice by itself.
      this.#drop(server);
    });
    signal.addEventListener('abort', abort);
    const outcome = await connection.ask(message);
    timer.cancel();
    signal.removeEventListener('abort', abort);
    if (typeof outcome === 'string') return { kind: 'none', reason: outcome };
    // Over TCP nobody can forge, so a server that does not keep the case of letters is believed.
    if (judge(outcome) === 'stray') {
      connection.close();
      return { kind: 'none', reason: 'the reply does not match the query (TCP)' };
    }
    this.#keep(server, connection, signal);
    return { kind: 'reply', message: outcome };
  }

  #take(server: SocketAddress): UpstreamConnection | undefined {
    const taken = this.#idle.get(formatSocketAddress(server))?.pop();
    taken?.expiry.cancel();
    taken?.connection.busy();
    return taken?.connection;
  }

  #keep(server: SocketAddress, connection: UpstreamConnection, signal: AbortSignal): void {
    const name = formatSocketAddress(server);
    const idle = this.#idle.get(name) ?? [];
    this.#idle.set(name, idle);
    if (!connection.open || signal.aborted || idle.length >= MAX_IDLE) {
      connection.close();
      return;
    }
    this.#closeWith(signal);
    connection.idle();
    idle.push({ connection, expiry: this.#clock.after(IDLE_MS, () => connection.close()) });
  }

  #closeWith(signal: AbortSignal): void {
    if (this.#closing === signal) return;
    this.#closing = signal;
    signal.addEventListener('abort', () => {
      for (const { connection } of [...this.#idle.values()].flat()) connection.close();
    });
  }

  /** It has closed. */
  #forget(server: SocketAddress, connection: UpstreamConnection): void {
    const name = formatSocketAddress(server);
    const left = (this.#idle.get(name) ?? []).filter((idle) => {
      if (idle.connection === connection) idle.expiry.cancel();
      return idle.connection !== connection;
    });
    if (left.length === 0) this.#idle.delete(name);
    else this.#idle.set(name, left);
  }

  #drop(server: SocketAddress): void {
    for (const { connection } of this.#idle.get(formatSocketAddress(server)) ?? []) connection.close();
  }
}
