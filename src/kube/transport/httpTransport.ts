import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock } from '../../host/clock.ts';
import { ApiError } from './apiError.ts';
import { readWhole, ResponseStream } from './byteStream.ts';
import { fromStatus } from './classify.ts';
import type { Connection } from './connection.ts';
import { exchange } from './exchange.ts';
import type { ByteStream, JsonRequest, StreamRequest, Transport } from './transport.ts';

const BODY_SILENCE_MS = 30_000;
const MAX_ERROR_BYTES = 256 * 1024;
const MAX_JSON_BYTES = 16 * 1024 * 1024;

export interface HttpTransportOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Told to the server, which shows it in its audit log and metrics. */
  readonly userAgent?: string;
}

/** HTTP/1.1 over one keep-alive agent: a watch each holds one connection, everything else shares the rest. */
export class HttpTransport implements Transport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  #closed = false;

  constructor({ connection, clock, userAgent = 'fairlead' }: HttpTransportOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#userAgent = userAgent;
    this.#agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  }

  async open({ path, accept, silenceMs }: StreamRequest): Promise<ByteStream> {
    const response = await this.#send('GET', path, { accept, 'accept-encoding': 'gzip' });
    return new ResponseStream(response, this.#clock, silenceMs);
  }

  async request({ method, path, body, contentType = 'application/json' }: JsonRequest): Promise<unknown> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { accept: 'application/json', 'accept-encoding': 'gzip' };
    const response = await this.#send(
      method,
      path,
      payload === undefined ? headers : { ...headers, 'content-type': contentType },
      payload,
    );
    const text = await readWhole(new ResponseStream(response, this.#clock, BODY_SILENCE_MS), MAX_JSON_BYTES);
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ApiError('protocol', `its answer to ${method} ${path} is not JSON`, { cause: error });
    }
  }

  close(): void {
    this.#closed = true;
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      if (this.#closed) throw new ApiError('broken', 'closed');
      const credentials = await this.#connection.credentials();
      const url = new URL(`${this.#connection.server}${path}`);
      const response = await exchange(
        {
          url,
          method,
          headers: { ...headers, 'user-agent': this.#userAgent },
          ...(body === undefined ? {} : { body }),
          credentials,
          agent: url.protocol === 'https:' ? this.#agents.https : this.#agents.http,
        },
        this.#clock,
      );
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        expectJson(response);
        return response;
      }
      const error = await this.#refusal(response, status);
      if (error.code !== 'unauthorized') throw error;
      // A token that has just been rotated makes the next attempt succeed; one attempt, for it may be revoked.
      this.#connection.refused();
      if (attempt === 2) throw error;
    }
  }

  async #refusal(response: IncomingMessage, status: number): Promise<ApiError> {
    const retryAfter = response.headers['retry-after'] ?? '';
    try {
      const stream = new ResponseStream(response, this.#clock, BODY_SILENCE_MS);
      return fromStatus(status, await readWhole(stream, MAX_ERROR_BYTES), retryAfter);
    } catch {
      return fromStatus(status, '', retryAfter);
    }
  }
}

/** A proxy's login page also has status 200. */
function expectJson(response: IncomingMessage): void {
  const type = response.headers['content-type'] ?? '';
  if (response.statusCode === 204 || /json/i.test(type)) return;
  response.destroy();
  throw new ApiError('protocol', `${type === '' ? 'an answer without content type' : type}, not JSON`);
}
