/** Clients of a relay, as pods are. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:net';

/** A port of loopback that nobody has. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, address, resolve);
  });
  const at = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof at === 'object' && at !== null ? at.port : 0;
}

export interface Conversation {
  /** All that came until the other side ended. */
  readonly text: string;
  readonly error: string;
}

/** Connects, sends, ends its half, and reads to the end. */
export function converse(port: number, sent: string | Buffer, host = '127.0.0.1'): Promise<Conversation> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let error = '';
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (problem: NodeJS.ErrnoException) => {
      error = problem.code ?? problem.message;
    });
    socket.on('close', () => resolve({ text: Buffer.concat(chunks).toString('latin1'), error }));
    socket.end(sent);
  });
}

export function connected(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The next chunk that comes. */
export function nextChunk(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
  });
}

export interface UdpClient extends AsyncDisposable {
  /** Sends, and waits for the next packet that comes. */
  ask(packet: string | Buffer): Promise<string>;
  readonly socket: UdpSocket;
}

export async function udpClient(port: number, host = '127.0.0.1'): Promise<UdpClient> {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    sendBufferSize: 1 << 20,
    recvBufferSize: 1 << 20,
  });
  await new Promise<void>((resolve) => {
    socket.connect(port, host, resolve);
  });
  return {
    socket,
    ask: (packet) =>
      new Promise((resolve) => {
        socket.once('message', (reply) => resolve(reply.toString('latin1')));
        socket.send(packet);
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        socket.close(() => resolve());
      }),
  };
}
