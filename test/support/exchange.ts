/** One exchange with a peer program, content checked: for programs of clients in namespaces. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

export interface Target {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
}

/** Nobody is slower than this; a connection that takes so long hangs. */
const HANGS_MS = 15_000;
/** As resolvers do it. */
const SEND_AGAIN_MS = 2_000;

/** Empty when all that was sent came back, and nothing else. */
export function exchangeTcp({ host, port }: Target, octets: number): Promise<string> {
  const sent = randomBytes(octets);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const began = performance.now();
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('hangs')), HANGS_MS);
    let problem = '';
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error) => {
      problem = `${error.message}, after ${Math.round(performance.now() - began)} ms`;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      const got = Buffer.concat(chunks);
      if (problem === '' && !got.equals(sent)) problem = `${got.length} octets of ${sent.length}, or others`;
      resolve(problem);
    });
    socket.end(sent);
  });
}

export interface Answered {
  /** Empty when the datagram came back. */
  readonly problem: string;
  /** How often it had to be sent again. */
  readonly again: number;
}

export function exchangeUdp({ host, port }: Target, octets: number): Promise<Answered> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return converse(socket, { host, port }, octets).finally(() => socket.close());
}

/** Over a socket that may have been used before. */
export function converse(
  socket: ReturnType<typeof createSocket>,
  { host, port }: Pick<Target, 'host' | 'port'>,
  octets: number,
): Promise<Answered> {
  const sent = randomBytes(octets);
  return new Promise((resolve) => {
    let again = 0;
    const end = (problem: string): void => {
      clearInterval(timer);
      socket.off('message', hear);
      socket.off('error', fail);
      resolve({ problem, again });
    };
    const send = (): void => socket.send(sent, port, host, () => undefined);
    const hear = (packet: Buffer): void => {
      if (packet.equals(sent)) end('');
    };
    const fail = (error: Error): void => end(error.message);
    const timer = setInterval(() => {
      again += 1;
      if (again * SEND_AGAIN_MS > HANGS_MS) end('no answer');
      else send();
    }, SEND_AGAIN_MS);
    socket.on('message', hear);
    socket.on('error', fail);
    send();
  });
}
