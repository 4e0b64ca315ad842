/** The sockets: where the server listens, and every request's first steps. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, sleep } from '../../../host/clock.ts';
import type { JsonObject } from '../objects/json.ts';
import { ApiError } from '../objects/status.ts';
import { routeOf } from '../route.ts';
import { AGGREGATED, discoveryAt } from './discovery.ts';
import type { Faults } from './faults.ts';
import type { Handler } from './handler.ts';
import { openapiAt } from './openapi.ts';
import { sendError, sendText } from './respond.ts';

/** With `tls`, which holds PEM, HTTPS is spoken there. */
export type Address = ({ readonly host: string; readonly port: number } | { readonly path: string }) & {
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** A request as a test wants to see it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How many requests are remembered. */
const SEEN = 1000;

interface Listener {
  readonly address: Address;
  readonly server: Server;
}

export class Front {
  readonly #handler: Handler;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly seen: SeenRequest[] = [];
  #listeners: Listener[] = [];
  #refused: readonly Address[] = [];

  constructor(handler: Handler, faults: Faults, clock: Clock) {
    this.#handler = handler;
    this.#faults = faults;
    this.#clock = clock;
  }

  /** Resolves to the address in use, with the port that the system chose for port 0. Rejects when it is taken. */
  async listen(address: Address): Promise<Address> {
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(request, response);
    const { tls } = address;
    const server: Server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // A client that goes away in the middle of a request is no news.
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if ('path' in address) server.listen(address.path, resolve);
      else server.listen(address.port, address.host, resolve);
    });
    const used = 'path' in address ? address : { ...address, port: portOf(server.address()) };
    this.#listeners.push({ address: used, server });
    return used;
  }

  /** Of the first TCP listener. */
  get url(): string {
    for (const { address } of [...this.#listeners, ...this.#refused.map((one) => ({ address: one }))]) {
      if ('path' in address) continue;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      return `${address.tls === undefined ? 'http' : 'https'}://${host}:${address.port}`;
    }
    throw new Error('the API server does not listen on TCP');
  }

  /** Cuts every connection and refuses new ones, until `accept`. */
  async refuse(): Promise<void> {
    this.#refused = this.#listeners.map(({ address }) => address);
    await this.close();
  }

  /** Listens again where it did before `refuse`. */
  async accept(): Promise<void> {
    const addresses = this.#refused;
    this.#refused = [];
    for (const address of addresses) await this.listen(address);
  }

  async close(): Promise<void> {
    const servers = this.#listeners.map(({ server }) => server);
    this.#listeners = [];
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#serve(request, response);
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
      if (!response.headersSent) await sendError(request, response, known);
      else response.destroy();
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://apiserver');
    this.seen.push({ method: request.method ?? '', path, query, headers: request.headers });
    if (this.seen.length > SEEN) this.seen.shift();
    if (this.#faults.delayMs > 0) await sleep(this.#clock, this.#faults.delayMs);
    if (['/healthz', '/livez', '/readyz'].includes(path))
      return sendText(request, response, 200, 'text/plain', 'ok');
    const document = discoveryAt(path, request.headers.accept ?? '') ?? openapiAt(path);
    if (document !== undefined) return sendDocument(request, response, document);
    const route = routeOf(path);
    if (route !== undefined) return this.#handler.handle(route, query, request, response);
    throw new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
  }
}

/** The type says whether discovery is the aggregated one: clients go by it. */
function sendDocument(
  request: IncomingMessage,
  response: ServerResponse,
  document: JsonObject,
): Promise<void> {
  const { kind } = document;
  const type = kind === 'APIGroupDiscoveryList' ? AGGREGATED : 'application/json';
  return sendText(request, response, 200, type, JSON.stringify(document));
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
