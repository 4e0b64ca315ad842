/** TCP to a unix socket: sockets with a path are not confined to a network namespace, TCP is. */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/** Listens on `address` and joins each connection to the socket at `path`. Rejects when it cannot listen. */
export async function startRelay(address: { host: string; port: number }, path: string): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(path);
    // Either side's end or reset is the other's; half-closes pass through pipe().
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return server;
}
