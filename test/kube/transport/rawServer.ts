import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** What a connection does with the request that it just read; `count` is 1 for the first of the connection. */
export type Script = (socket: Socket, request: string, count: number) => void;

/** An HTTP server that knows no HTTP: tests write its bytes, and break its connections, themselves. */
export class RawServer {
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #scheme: 'http' | 'https';
  /** Heads of all requests, in order. */
  readonly requests: string[] = [];
  connections = 0;
  script: Script;

  constructor(script: Script, tls?: TlsOptions) {
    this.script = script;
    this.#scheme = tls === undefined ? 'http' : 'https';
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return `${this.#scheme}://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending = '';
    let count = 0;
    socket.on('data', (bytes: Buffer) => {
      pending += bytes.toString('latin1');
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = pending.slice(0, end);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? '0');
        if (pending.length < end + 4 + length) return;
        const request = pending.slice(0, end + 4 + length);
        pending = pending.slice(request.length);
        count += 1;
        this.requests.push(request);
        this.script(socket, request, count);
      }
    });
  }
}

/** A whole answer. */
export function answer(body: string, status = '200 OK', headers: readonly string[] = []): string {
  const type = headers.some((header) => /^content-type:/i.test(header))
    ? []
    : ['Content-Type: application/json'];
  const head = [`HTTP/1.1 ${status}`, ...type, ...headers, `Content-Length: ${Buffer.byteLength(body)}`];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** The head of an answer whose chunks follow. */
export function chunkedHead(...headers: readonly string[]): string {
  const head = [
    'HTTP/1.1 200 OK',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}

export function chunk(bytes: string | Buffer): Buffer {
  const data = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

export const lastChunk = '0\r\n\r\n';

export function status(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });
}
