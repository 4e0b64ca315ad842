/** TCP of one address. */
import { createServer, type Server } from 'node:net';
import type { Clock } from '../../../host/clock.ts';
import type { Reply } from '../responder.ts';
import type { Client } from '../step.ts';
import { Connections } from './connections.ts';

export interface TcpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with the system's error when the address cannot be bound. */
export function listenTcp(
  address: string,
  port: number,
  clock: Clock,
  respond: (query: Uint8Array, client: Client) => Reply,
): Promise<TcpListener> {
  const connections = new Connections(clock, respond);
  // allowHalfOpen: a client that has sent its last query is still owed the reply.
  const server = createServer({ allowHalfOpen: true }, (socket) => connections.accept(socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: true, exclusive: true, backlog: 511 }, () => {
      server.removeAllListeners('error');
      // EMFILE and its like: one connection is lost, the listener stays.
      server.on('error', () => undefined);
      resolve({ port: portOf(server), close: () => closeAll(server, connections) });
    });
  });
}

function closeAll(server: Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    connections.close();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
