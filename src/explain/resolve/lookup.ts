/** Asking one DNS server one question, as a client of the cluster would. */
import { randomBytes } from 'node:crypto';
import { Packet } from 'dns2';
import { tcpTransport } from '../../dns/forward/transport/tcpTransport.ts';
import type { Exchanged, ExchangeRequest } from '../../dns/forward/transport/transport.ts';
import { udpTransport } from '../../dns/forward/transport/udpTransport.ts';
import { judge } from '../../dns/forward/transport/upstreamQuery.ts';
import type { Clock } from '../../host/clock.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';

export interface Lookup {
  /** Without a trailing dot. */
  readonly name: string;
  readonly type: number;
  readonly server: SocketAddress;
  /** By TCP alone; else by UDP, and by TCP where the reply is truncated. */
  readonly tcp: boolean;
}

export interface LookupReply {
  readonly packet: Packet;
  readonly by: 'UDP' | 'TCP';
  readonly milliseconds: number;
}

/** As long as glibc waits for one server: two tries by UDP. */
const UDP_TRIES_MS: readonly number[] = [2000, 3000];
const TCP_MS = 5000;

/** The reply, or why there is none. Never rejects. */
export async function lookUp(lookup: Lookup, clock: Clock): Promise<LookupReply | string> {
  const begun = clock.monotonic();
  const reply = (message: Uint8Array, by: 'UDP' | 'TCP'): LookupReply => {
    const packet = Packet.parse(Buffer.from(message));
    return { packet, by, milliseconds: clock.monotonic() - begun };
  };
  const exchange = prepare(lookup);
  let last: Exchanged = { kind: 'doubtful' };
  for (const timeoutMs of lookup.tcp ? [] : UDP_TRIES_MS) {
    last = await udpTransport(clock).exchange({ ...exchange, timeoutMs });
    const refused = last.kind === 'none' && last.reason.includes('ECONNREFUSED');
    if (last.kind !== 'none' || refused) break;
  }
  if (last.kind === 'none') return last.reason;
  if (last.kind === 'reply' && !isTruncated(last.message)) return reply(last.message, 'UDP');
  const byTcp = await tcpTransport(clock).exchange({ ...exchange, timeoutMs: TCP_MS });
  if (byTcp.kind === 'reply') return reply(byTcp.message, 'TCP');
  return byTcp.kind === 'none' ? byTcp.reason : 'the reply does not match the query';
}

/** A whole query with EDNS, so that the server may say why. */
export function queryOf(name: string, type: number): Buffer {
  const query = new Packet();
  query.header.id = randomBytes(2).readUInt16BE(0);
  query.header.rd = 1;
  query.questions.push(new Packet.Question(name, type, Packet.CLASS.IN));
  query.additionals.push(Packet.Resource.EDNS([]));
  return query.toBuffer();
}

function prepare({ name, type, server }: Lookup): Omit<ExchangeRequest, 'timeoutMs'> {
  const message = queryOf(name, type);
  // The question is all between the header and our OPT record of 11 octets.
  const sent = { message, questionEnd: message.length - 11 };
  const signal = new AbortController().signal;
  return { server, message, judge: (received) => judge(sent, received), signal };
}

function isTruncated(message: Uint8Array): boolean {
  return ((message[2] ?? 0) & 0x02) !== 0;
}
