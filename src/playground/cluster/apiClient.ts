/** A small client of the API server's unix socket, for the playground's own controllers. */
import { type IncomingMessage, request } from 'node:http';
import * as v from 'valibot';

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

const ListSchema = v.object({
  metadata: v.object({ resourceVersion: v.string() }),
  items: v.array(v.unknown()),
});
const EventSchema = v.object({
  type: v.picklist(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: v.unknown(),
});
const StatusSchema = v.object({ message: v.string() });

export class ApiClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** One request. Rejects when the server cannot be reached; an error status is a reply like another. */
  async call(method: Method, path: string, body?: unknown, type = 'application/json'): Promise<ApiReply> {
    const response = await this.#send(method, path, body, type);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Like `call`; rejects on an error status too, with the server's message. */
  async must(method: Method, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const reply = await this.call(method, path, body, type);
    if (reply.status < 300) return reply.body;
    const status = v.safeParse(StatusSchema, reply.body);
    const reason = status.success ? status.output.message : `status ${reply.status}`;
    throw new Error(`${method} ${path}: ${reason}`);
  }

  /**
   * Tells every object of a collection, then every change, until the signal aborts. When a watch ends, for whatever
   * reason, all is listed again: consumers see an object more than once and act on what it says, not on the event.
   */
  async watch(path: string, signal: AbortSignal, tell: (event: WatchEvent) => void): Promise<void> {
    while (!signal.aborted) {
      const list = v.parse(ListSchema, await this.must('GET', path));
      for (const object of list.items) tell({ type: 'ADDED', object });
      const from = `watch=1&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`;
      const response = await this.#send('GET', `${path}?${from}`);
      // Aborted on the way here: nobody would tell us again.
      if (signal.aborted) return void response.destroy();
      signal.addEventListener('abort', () => response.destroy(), { once: true });
      try {
        for await (const line of linesOf(response)) {
          const event = v.parse(EventSchema, JSON.parse(line));
          if (event.type === 'ERROR') break;
          if (event.type !== 'BOOKMARK') tell({ type: event.type, object: event.object });
        }
      } catch {
        // A reset connection is one more end of a watch.
      }
      response.destroy();
    }
  }

  #send(method: Method, path: string, body?: unknown, type = 'application/json'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      // The length by hand: of a DELETE, Node would send the body without saying how long it is.
      const length = { 'content-type': type, 'content-length': Buffer.byteLength(text) };
      const headers = { accept: 'application/json', ...(text === '' ? {} : length) };
      const sent = request({ socketPath: this.#socketPath, method, path, headers }, resolve);
      sent.on('error', reject);
      sent.end(text);
    });
  }
}

/** Not readline: its iterator waits for ever when the stream is destroyed. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
