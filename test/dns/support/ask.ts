/** A client for one question, by UDP and by TCP. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encode } from 'dns-packet';
import { inject } from 'vitest';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';

export interface AskOptions {
  readonly id?: number;
  /** Gives the query an OPT record with this size. */
  readonly edns?: number;
  readonly recursion?: boolean;
}

export function makeQuery(name: string, type: string, options: AskOptions = {}): Buffer {
  const { id = 4711, edns, recursion = true } = options;
  const opt = { type: 'OPT', name: '.', udpPayloadSize: edns ?? 0, flags: 0, options: [] };
  return encode({
    type: 'query',
    id,
    flags: recursion ? 0x100 : 0,
    questions: [{ name: name.replace(/\.$/, ''), type, class: 'IN' }],
    additionals: edns === undefined ? [] : [opt],
  });
}

/**
 * Sends one packet; rejects after five seconds of silence. Where threads answer, the first reply is the main thread's
 * and makes the answer ready: the second one is theirs.
 */
export async function askUdp(server: SocketAddress, query: Uint8Array): Promise<Buffer> {
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.connect(server.port, server.address);
    await once(socket, 'connect');
    let reply = await exchange(socket, query);
    if (inject('udp') === 'threads') reply = await exchange(socket, query);
    return reply;
  } finally {
    socket.close();
  }
}

async function exchange(socket: UdpSocket, query: Uint8Array): Promise<Buffer> {
  socket.send(query);
  const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
  return reply;
}

export async function askTcp(server: SocketAddress, query: Uint8Array): Promise<Buffer> {
  const socket = await openTcp(server);
  socket.write(framed(query));
  const [reply] = await readReplies(socket, 1);
  socket.destroy();
  if (reply === undefined) throw new Error('the connection was closed without a reply');
  return reply;
}

export async function openTcp(server: SocketAddress, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ port: server.port, host: server.address, allowHalfOpen });
  await once(socket, 'connect');
  return socket;
}

export function framed(query: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]);
}

/** Reads until `count` replies have come, or the other side closes. */
export async function readReplies(socket: Socket, count: number): Promise<Buffer[]> {
  const replies: Buffer[] = [];
  let held = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE()) {
      const end = 2 + held.readUInt16BE();
      replies.push(held.subarray(2, end));
      held = held.subarray(end);
    }
    if (replies.length >= count) break;
  }
  return replies;
}
