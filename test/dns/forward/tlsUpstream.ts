import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { decode, encode } from 'dns-packet';
import type { DnsServer, ServerTls } from '../../../src/net/dnsServer.ts';

const CERTIFICATES = join(import.meta.dirname, 'certificates');
/** Of the authority that signed the server's certificate, which is for dns.example and 127.0.0.1. */
export const AUTHORITY: string = join(CERTIFICATES, 'authority.pem');

interface Asked {
  readonly name: string;
  /** Sends the reply; the server answers with what it is asked by. */
  readonly answer: () => void;
}

/** A DNS server on loopback, by TLS alone, that answers when it is told to, or at once. */
export class TlsUpstream {
  readonly asked: Asked[] = [];
  readonly connections: TLSSocket[] = [];
  holding = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('secureConnection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<TlsUpstream> {
    const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(CERTIFICATES, name)));
    const server = createServer({ key, cert });
    // A client that does not trust us says so and goes.
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TlsUpstream(server);
  }

  as(tls: Partial<ServerTls> = {}): DnsServer {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { address: '127.0.0.1', port, tls: { serverName: '', caFile: AUTHORITY, ...tls } };
  }

  stop(): void {
    this.#server.close();
    for (const connection of this.connections) connection.destroy();
  }

  #serve(socket: TLSSocket): void {
    this.connections.push(socket);
    socket.on('error', () => undefined);
    let buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
        const end = 2 + buffer.readUInt16BE(0);
        this.#take(socket, buffer.subarray(2, end));
        buffer = buffer.subarray(end);
      }
    });
  }

  #take(socket: TLSSocket, message: Buffer): void {
    const { id, questions } = decode(message);
    const name = questions[0]?.name ?? '';
    const answer = (): void => {
      const answers = [{ type: 'A' as const, name, ttl: 60, data: '192.0.2.1' }];
      const reply = encode({ type: 'response', id, flags: 0x0180, questions, answers });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    };
    // What the forwarder asks on its own behalf is answered and not counted.
    if (questions[0]?.type === 'HINFO') return answer();
    this.asked.push({ name, answer });
    if (!this.holding) answer();
  }
}
