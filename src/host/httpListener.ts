/** One HTTP listener on one address, with one answer for whatever is asked. */
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpListener {
  /** The bound port. */
  readonly port: number;
  /** Ends connections too. */
  close(): Promise<void>;
}

/** `answer` is asked anew for each request and must not throw. Rejects with the system's error. */
export type ListenHttp = (address: string, port: number, answer: () => HttpAnswer) => Promise<HttpListener>;

export const listenHttp: ListenHttp = (address, port, answer) => {
  const server = createServer((request, response) => {
    const { status, headers, body } = answer();
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  // Whoever asks is outside the cluster: what it opens and leaves lying must not use up our descriptors.
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 256;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Without ipv6Only, `::` would take the port of 0.0.0.0 as well.
    server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
      // A later error, at accepting one connection for lack of descriptors, is that connection's alone.
      server.on('error', () => undefined);
      const bound = server.address();
      resolve({
        port: typeof bound === 'object' && bound !== null ? bound.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
};
