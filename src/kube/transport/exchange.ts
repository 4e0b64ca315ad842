import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock, Timer } from '../../host/clock.ts';
import { ApiError } from './apiError.ts';
import { fromNode } from './classify.ts';
import type { Credentials } from './connection.ts';

/** TCP and TLS together. */
const CONNECT_MS = 10_000;
/** API Priority and Fairness may queue a request for up to a minute before the server starts to answer. */
const ANSWER_MS = 70_000;
const KEEPALIVE_MS = 30_000;

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly credentials: Credentials;
  readonly agent: Agent;
}

/** One HTTP request up to the head of its answer. @throws ApiError */
export async function exchange(what: Exchange, clock: Clock): Promise<IncomingMessage> {
  try {
    return await attempt(what, clock);
  } catch (error) {
    // A kept connection can be closed by the server just as we write to it: that tells nothing about the server.
    if (error instanceof StaleConnection) return attempt(what, clock).catch(unwrap);
    throw error;
  }
}

class StaleConnection extends Error {
  readonly error: ApiError;
  constructor(error: ApiError) {
    super(error.message);
    this.error = error;
  }
}

function unwrap(error: unknown): never {
  throw error instanceof StaleConnection ? error.error : error;
}

function attempt(what: Exchange, clock: Clock): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let request: ClientRequest;
    try {
      request = send(what);
    } catch (error) {
      // A CA file or a key that is not PEM throws here, before anything is sent.
      reject(fromNode(error));
      return;
    }
    let timer: Timer | undefined;
    const limit = (ms: number, error: () => ApiError): void => {
      timer?.cancel();
      timer = clock.after(ms, () => request.destroy(error()));
    };
    const awaitAnswer = (): void =>
      limit(ANSWER_MS, () => new ApiError('stalled', `no answer in ${ANSWER_MS / 1000} s`));

    request.on('socket', (socket) => {
      // The agent sets keep-alive only on idle connections; a watch is never idle in its eyes.
      socket.setKeepAlive(true, KEEPALIVE_MS);
      if (!socket.connecting) {
        awaitAnswer();
        return;
      }
      limit(CONNECT_MS, () => new ApiError('unreachable', `no connection in ${CONNECT_MS / 1000} s`));
      socket.once(what.url.protocol === 'https:' ? 'secureConnect' : 'connect', awaitAnswer);
    });
    request.on('response', (response) => {
      timer?.cancel();
      resolve(response);
    });
    request.on('error', (error) => {
      timer?.cancel();
      const typed = fromNode(error);
      const stale = request.reusedSocket && typed.code === 'broken' && what.method === 'GET';
      reject(stale ? new StaleConnection(typed) : typed);
    });
    request.end(what.body);
  });
}

function send({ url, method, headers, credentials, agent }: Exchange): ClientRequest {
  const options = {
    method,
    headers: { ...headers, ...credentials.headers },
    agent: credentials.agent ?? agent,
  };
  return url.protocol === 'https:'
    ? httpsRequest(url, { ...credentials.tls, ...options })
    : httpRequest(url, options);
}
