import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';

export interface Received {
  readonly by: 'udp' | 'tcp';
  readonly message: Buffer;
  readonly packet: Packet;
  readonly from: number;
  /** Sends octets to who asked; from another socket when `elsewhere`. */
  readonly send: (message: Uint8Array, elsewhere?: boolean) => void;
}

type Handler = (query: Received) => void;

/** A DNS server on loopback that says what a test tells it to, UDP and TCP on one port. */
export class FakeUpstream {
  readonly received: Received[] = [];
  readonly address: SocketAddress;
  handler: Handler;
  /** All TCP connections that there were. */
  readonly connections: TcpSocket[] = [];
  readonly #udp: Socket;
  readonly #tcp: Server;

  private constructor(udp: Socket, tcp: Server, handler: Handler) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.handler = handler;
    this.address = { address: '127.0.0.1', port: udp.address().port };
    udp.on('message', (message, peer) =>
      this.#take('udp', message, peer, (reply, elsewhere) => {
        const socket = elsewhere ? createSocket('udp4') : udp;
        socket.send(reply, peer.port, peer.address, () => elsewhere && socket.close());
      }),
    );
    tcp.on('connection', (connection) => {
      this.connections.push(connection);
      connection.on('error', () => undefined);
      let buffer = Buffer.alloc(0);
      connection.on('data', (chunk) => {
        buffer = Buffer.concat([buffer, chunk]);
        if (buffer.length < 2 || buffer.length < 2 + buffer.readUInt16BE(0)) return;
        const peer = { address: '127.0.0.1', port: connection.remotePort ?? 0 };
        const message = buffer.subarray(2, 2 + buffer.readUInt16BE(0));
        buffer = buffer.subarray(2 + message.length);
        this.#take('tcp', message, peer, (reply) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(reply.length);
          // In two segments: a reader must not take the first for the whole.
          connection.write(Buffer.concat([length, reply.subarray(0, 5)]), () => {
            setImmediate(() => connection.write(reply.subarray(5)));
          });
        });
      });
    });
  }

  static async start(handler: Handler = () => undefined): Promise<FakeUpstream> {
    for (;;) {
      const udp = createSocket('udp4');
      await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
      const tcp = createServer();
      const free = await new Promise<boolean>((resolve) => {
        tcp.once('error', () => resolve(false));
        tcp.listen(udp.address().port, '127.0.0.1', () => resolve(true));
      });
      if (free) return new FakeUpstream(udp, tcp, handler);
      udp.close();
    }
  }

  names(): string[] {
    return this.received.map(({ packet }) => packet.questions?.[0]?.name.toLowerCase() ?? '');
  }

  stop(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  #take(
    by: 'udp' | 'tcp',
    message: Buffer,
    peer: Pick<RemoteInfo, 'address' | 'port'>,
    send: Received['send'],
  ): void {
    const query = { by, message: Buffer.from(message), packet: decode(message), from: peer.port, send };
    // What the forwarder asks on its own behalf is answered and not counted.
    const question = query.packet.questions?.[0];
    if (question?.type === 'HINFO') return send(reply(query, [], { rcode: 'NXDOMAIN' }));
    this.received.push(query);
    this.handler(query);
  }
}

export interface ReplyOptions {
  readonly rcode?: string;
  readonly truncated?: boolean;
  readonly authorities?: Answer[];
  readonly additionals?: Answer[];
  readonly name?: string;
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** A true reply to the query, spelled as asked. */
export function reply(query: Received, answers: Answer[], options: ReplyOptions = {}): Buffer {
  const question = query.packet.questions?.[0];
  if (question === undefined) throw new Error('no question');
  const message = encode({
    type: 'response',
    id: query.packet.id ?? 0,
    flags: 0x0180 | (options.truncated ? 0x0200 : 0) | RCODES.indexOf(options.rcode ?? 'NOERROR'),
    questions: [{ ...question, name: options.name ?? question.name }],
    answers,
    authorities: options.authorities ?? [],
    additionals: options.additionals ?? [],
  });
  return Buffer.from(message);
}

/** Answers every A query with this address. */
export function answering(data: string, ttl = 60): Handler {
  return (query) => {
    const name = query.packet.questions?.[0]?.name ?? '';
    query.send(reply(query, [{ type: 'A', name, ttl, data }]));
  };
}

/** Waits, by the real clock, until something that sockets bring about has come true; the runner bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await breathe();
}

/** Lets sockets work: a clock that is advanced by hand does not. */
export function breathe(): Promise<void> {
  return wait(2);
}
