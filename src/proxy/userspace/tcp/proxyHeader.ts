/** The PROXY protocol, version 2, as HAProxy's proxy-protocol.txt defines it (section 2.2). */
import { isIPv4, type Socket } from 'node:net';
import { bytesOf } from '../../../net/ip.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Version 2, command PROXY: the connection is another's. */
const PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;

/** What an endpoint is to be told of a client's connection, before anything else. */
export function proxyHeader(client: Ends): Buffer {
  const from = client.remoteAddress ?? '0.0.0.0';
  const to = client.localAddress ?? '0.0.0.0';
  const bytes = [...bytesOf(from), ...bytesOf(to)];
  const header = Buffer.alloc(SIGNATURE.length + 4 + bytes.length + 4);
  SIGNATURE.copy(header);
  let at = SIGNATURE.length;
  header[at] = PROXY;
  header[at + 1] = isIPv4(from) ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  at = header.writeUInt16BE(bytes.length + 4, at + 2);
  header.set(bytes, at);
  at = header.writeUInt16BE(client.remotePort ?? 0, at + bytes.length);
  header.writeUInt16BE(client.localPort ?? 0, at);
  return header;
}
