/** TCP of one address. */
import { createServer, type Server } from 'node:net';
import type { Clock } from '../../../host/clock.ts';
import type { Reply } from '../responder.ts';
import type { Client } from '../step.ts';
import { Connections } from './connections.ts';

export interface TcpListener {
  readonly port: number;
  /** Accepts no more connections; resolves when those that there are have ended. */
  retire(): Promise<void>;
  close(): Promise<void>;
}

/** Where to listen: an address, or a socket that listens there already. */
export type TcpPlace = { readonly host: string; readonly port: number } | { readonly fd: number };

/** Rejects with the system's error when the address cannot be bound. */
export function listenTcp(
  place: TcpPlace,
  clock: Clock,
  respond: (query: Uint8Array, client: Client) => Reply,
): Promise<TcpListener> {
  const connections = new Connections(clock, respond);
  // allowHalfOpen: a client that has sent its last query is still owed the reply.
  const server = createServer({ allowHalfOpen: true }, (socket) => connections.accept(socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...place, ipv6Only: true, exclusive: true, backlog: 511 }, () => {
      server.removeAllListeners('error');
      // EMFILE and its like: one connection is lost, the listener stays.
      server.on('error', () => undefined);
      resolve({
        port: portOf(server),
        retire: () => ended(server),
        close: async () => {
          connections.close();
          await ended(server);
        },
      });
    });
  });
}

/** Told of a server that listens no more, too. */
function ended(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
