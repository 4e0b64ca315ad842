/** TCP of one address: connections, and how many. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../host/clock.ts';
import type { Reply } from './responder.ts';
import { TcpConnection } from './tcpConnection.ts';

/** Connections to one address. For another one, the connection that is idle for longest makes room. */
const MAX_CONNECTIONS = 1024;

export interface TcpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with the system's error when the address cannot be bound. */
export function listenTcp(
  address: string,
  port: number,
  clock: Clock,
  respond: (query: Uint8Array) => Reply,
): Promise<TcpListener> {
  // Least recently active first: a Set keeps the order of insertion.
  const connections = new Set<TcpConnection>();
  const events = {
    respond,
    active: (connection: TcpConnection) => {
      connections.delete(connection);
      connections.add(connection);
    },
    closed: (connection: TcpConnection) => void connections.delete(connection),
  };
  const accept = (socket: Socket): void => {
    if (connections.size >= MAX_CONNECTIONS && !makeRoom(connections)) socket.destroy();
    else connections.add(new TcpConnection(socket, clock, events));
  };
  // allowHalfOpen: a client that has sent its last query is still owed the reply.
  const server = createServer({ allowHalfOpen: true }, accept);
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

function makeRoom(connections: Set<TcpConnection>): boolean {
  for (const connection of connections) {
    if (!connection.idle) continue;
    connections.delete(connection);
    connection.destroy();
    return true;
  }
  return false;
}

function closeAll(server: Server, connections: ReadonlySet<TcpConnection>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const connection of connections) connection.destroy();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
