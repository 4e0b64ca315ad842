/** Endpoints on loopback that a relay can be pointed at. */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { formatSocketAddress } from '../../../../src/net/socketAddress.ts';
import type { RelayEndpoint } from '../../../../src/proxy/userspace/relay.ts';

export interface TestEndpoint extends RelayEndpoint, AsyncDisposable {
  /** Connections or packets so far. */
  readonly met: () => number;
}

/** `serve` gets each connection; nothing is done with it otherwise. */
export async function tcpEndpoint(
  serve: (socket: Socket) => void,
  address = '127.0.0.1',
): Promise<TestEndpoint> {
  let met = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    met += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, address, resolve);
  });
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  return {
    ...endpointAt(address, port),
    met: () => met,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Sends its name, then back what it gets. */
export function echo(name: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(`${name}\n`);
    socket.pipe(socket);
  };
}

/** Answers each packet with its name and the packet. */
export async function udpEndpoint(name: string, address = '127.0.0.1'): Promise<TestEndpoint> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', sendBufferSize: 1 << 20 });
  let met = 0;
  socket.on('message', (packet, from) => {
    met += 1;
    socket.send(Buffer.concat([Buffer.from(name), packet]), from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, address, resolve);
  });
  return {
    ...endpointAt(address, socket.address().port),
    met: () => met,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        socket.close(() => resolve());
      }),
  };
}

/** Refuses: nobody listens there. */
export async function closedEndpoint(kind: 'tcp' | 'udp' = 'tcp'): Promise<RelayEndpoint> {
  const endpoint = kind === 'tcp' ? await tcpEndpoint(() => undefined) : await udpEndpoint('');
  await endpoint[Symbol.asyncDispose]();
  return endpointAt(endpoint.address, endpoint.port);
}

export function endpointAt(address: string, port: number): RelayEndpoint {
  return { address, port, text: formatSocketAddress({ address, port }) };
}
