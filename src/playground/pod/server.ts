/** The program of every pod: it says who it is, where it runs, and which address it sees asking. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { downloadFile } from './file.ts';

export interface PodServerSettings {
  readonly pod: string;
  readonly node: string;
  /** Port of HTTP over TCP, and of UDP: each request, each datagram is answered with one line; `/file` with a file. */
  readonly port: number;
  /** Port of a TCP greeter: sends the line, then echoes what it gets for as long as the client stays. */
  readonly echoPort: number;
}

export interface PodServer {
  close(): void;
}

/** Starts on all addresses of both families; resolves when every port is bound, rejects when one cannot be. */
export async function startPodServer(settings: PodServerSettings): Promise<PodServer> {
  let file: Buffer | undefined;
  const http = createHttpServer((request, response) => {
    // A client that keeps its connection would go on talking to this pod, and hide how requests are spread.
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'text/plain');
    if (request.url === '/file') response.end((file ??= downloadFile()));
    else response.end(answer(settings, request.socket.remoteAddress, request.socket.remotePort));
  });
  const tcp = createTcpServer((socket) => greet(socket, settings));
  const udp = createSocket({ type: 'udp6' });
  udp.on('message', (_, from) => reply(udp, settings, from));
  const listening = Promise.all([once(http, 'listening'), once(tcp, 'listening'), once(udp, 'listening')]);
  http.listen(settings.port, '::');
  tcp.listen(settings.echoPort, '::');
  udp.bind(settings.port, '::');
  await listening;
  return {
    close() {
      http.close();
      http.closeAllConnections();
      tcp.close();
      udp.close();
    },
  };
}

/** `web-1 on node-1, asked by 10.244.2.2:41714` */
export function answer(who: { pod: string; node: string }, address = '?', port = 0): string {
  // Dual-stack sockets show an IPv4 client as a mapped address.
  const plain = address.replace(/^::ffff:/, '');
  const client = plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
  return `${who.pod} on ${who.node}, asked by ${client}\n`;
}

function greet(socket: Socket, settings: PodServerSettings): void {
  // Clients may go away at any moment; a reset is not this server's failure.
  socket.on('error', () => socket.destroy());
  socket.write(answer(settings, socket.remoteAddress, socket.remotePort));
  socket.pipe(socket);
}

function reply(udp: UdpSocket, settings: PodServerSettings, from: { address: string; port: number }): void {
  // Port 0 cannot be answered: send() would reject it.
  if (from.port === 0) return;
  udp.send(answer(settings, from.address, from.port), from.port, from.address, () => undefined);
}
