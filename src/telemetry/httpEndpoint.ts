/** A small HTTP server for probes and scrapes that nothing can keep from coming up in the end. */
import { createServer, type Server } from 'node:http';
import type { Clock, Timer } from '../host/clock.ts';
import { answerHttp, type HttpRoutes } from './httpAnswer.ts';
import type { Log } from './log.ts';

export interface HttpEndpointOptions {
  /** For the log: `metrics`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly routes: HttpRoutes;
  readonly clock: Clock;
  readonly log: Log;
}

/** As kube-proxy: a port in use is most often the old agent's, about to go. */
const RETRY_MS = 5_000;

export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  #server: Server | undefined;
  #retry: Timer | undefined;
  #lastError = '';

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
  }

  /** Starts listening, and keeps trying. Resolves after the first attempt. */
  start(): Promise<void> {
    const { name, address, port, log, clock } = this.#options;
    const server = createServer(
      (request, response) => void answerHttp(this.#options.routes, request, response),
    );
    // A probe takes milliseconds; what stays longer only holds a descriptor.
    server.requestTimeout = 10_000;
    server.keepAliveTimeout = 65_000;
    this.#server = server;
    return new Promise((resolve) => {
      server.once('listening', () => {
        if (this.#lastError !== '') log.info({ address, port }, `${name}: listening at last`);
        this.#lastError = '';
        resolve();
      });
      server.on('error', (error) => {
        if (error.message !== this.#lastError) {
          log.error(
            { error: error.message },
            `${name}: cannot listen; trying again every ${RETRY_MS / 1000} s`,
          );
        }
        this.#lastError = error.message;
        this.#retry = clock.after(RETRY_MS, () => void this.start());
        resolve();
      });
      server.listen(port, address);
    });
  }

  /** The bound port; 0 while there is none. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  stop(): Promise<void> {
    this.#retry?.cancel();
    const server = this.#server;
    return new Promise((resolve) => {
      if (server === undefined || !server.listening) {
        resolve();
        return;
      }
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
