/** Exchanges by TLS (RFC 7858): one connection to each server, for all questions, as setting one up costs the most. */
import type { Socket } from 'node:net';
import { messageOf } from '../../../errors/caught.ts';
import type { Clock, Timer } from '../../../host/clock.ts';
import { connectTls } from '../../../host/tcp/connectTls.ts';
import { type DnsServer, formatDnsServer } from '../../../net/dnsServer.ts';
import { PipelinedConnection } from './pipelinedConnection.ts';
import type { Exchanged, ExchangeRequest, Transport } from './transport.ts';
import type { Outcome } from './upstreamConnection.ts';

/** How long a connection waits for its next question: as by TCP. */
const IDLE_MS = 10_000;

export function tlsTransport(clock: Clock): Transport {
  return new TlsTransport(clock);
}

class TlsTransport implements Transport {
  readonly #clock: Clock;
  /** By name of the server. */
  readonly #connections = new Map<string, PipelinedConnection>();
  readonly #sessions = new Map<string, Buffer>();
  readonly #expiries = new Map<PipelinedConnection, Timer>();
  readonly #closing = new WeakSet<AbortSignal>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async exchange(request: ExchangeRequest): Promise<Exchanged> {
    const deadline = this.#clock.monotonic() + request.timeoutMs;
    this.#closeWith(request.signal);
    const known = this.#connections.get(formatDnsServer(request.server));
    if (known?.open === true) {
      request.onSocket?.(true);
      const outcome = await this.#ask(known, request, deadline);
      // The server may have closed it just then, which says nothing about the question.
      if (typeof outcome !== 'string' || known.open || this.#clock.monotonic() >= deadline) {
        return judged(outcome, request);
      }
    }
    if (request.signal.aborted) return { kind: 'none', reason: 'closed' };
    const other = this.#connections.get(formatDnsServer(request.server));
    request.onSocket?.(other?.open === true);
    try {
      // Whoever else waited for the one that closed may have made another.
      const connection = other?.open === true ? other : this.#open(request.server);
      return judged(await this.#ask(connection, request, deadline), request);
    } catch (error) {
      return { kind: 'none', reason: messageOf(error) };
    }
  }

  async #ask(
    connection: PipelinedConnection,
    { message, signal }: ExchangeRequest,
    deadline: number,
  ): Promise<Outcome> {
    this.#expiries.get(connection)?.cancel();
    const { heard } = connection;
    let giveUp: (reason: string) => void = () => undefined;
    const timer = this.#clock.after(Math.max(0, deadline - this.#clock.monotonic()), () => {
      giveUp('no reply in time (TLS)');
      // Nothing at all came meanwhile: the way there may have changed, and it would never notice by itself.
      if (connection.heard === heard) connection.close('no reply in time (TLS)');
    });
    const abort = (): void => giveUp('closed');
    signal.addEventListener('abort', abort);
    const outcome = await connection.ask(message, (how) => {
      giveUp = how;
    });
    timer.cancel();
    signal.removeEventListener('abort', abort);
    return outcome;
  }

  #open(server: DnsServer): PipelinedConnection {
    const name = formatDnsServer(server);
    const connection = new PipelinedConnection(this.#connect(server, name), {
      onIdle: (idle) => {
        idle.unref();
        this.#expiries.get(idle)?.cancel();
        this.#expiries.set(
          idle,
          this.#clock.after(IDLE_MS, () => idle.close('idle for too long')),
        );
      },
      onClose: (closed) => {
        this.#expiries.get(closed)?.cancel();
        this.#expiries.delete(closed);
        if (this.#connections.get(name) === closed) this.#connections.delete(name);
      },
    });
    this.#connections.set(name, connection);
    return connection;
  }

  #connect(server: DnsServer, name: string): Socket {
    const tls = server.tls ?? { serverName: '', caFile: '' };
    const socket = connectTls(server, tls, this.#sessions.get(name));
    // Of a server that is asked no more a few hundred octets stay.
    socket.on('session', (session: Buffer) => this.#sessions.set(name, session));
    return socket;
  }

  #closeWith(signal: AbortSignal): void {
    if (this.#closing.has(signal)) return;
    this.#closing.add(signal);
    signal.addEventListener('abort', () => {
      for (const connection of this.#connections.values()) connection.close('closed');
    });
  }
}

/** Nobody can forge, so a server that does not keep the case of letters is believed. */
function judged(outcome: Outcome, { judge }: ExchangeRequest): Exchanged {
  if (typeof outcome === 'string') return { kind: 'none', reason: outcome };
  if (judge(outcome) === 'stray') return { kind: 'none', reason: 'the reply does not match the query (TLS)' };
  return { kind: 'reply', message: outcome };
}
