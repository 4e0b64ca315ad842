/** A real query to our own socket: the only proof that names are answered. */
import { createSocket } from 'node:dgram';
import { PROBE_CLASS, RCODE, TYPE } from '../../dns/wire/codes.ts';
import { putU16, u16 } from '../../dns/wire/layout.ts';
import { familyOf } from '../../net/ip.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';

/** The kubelet gives a probe one second in all. */
const TIMEOUT_MS = 800;
const ID = 0x0fa1;

/** Asks for the SOA of `domain`, in the class that is not counted as a client's. Gives what is wrong; empty when it was answered. */
export function probeDns(server: SocketAddress, domain: string): Promise<string> {
  const family = familyOf(server.address);
  return new Promise((resolve) => {
    const socket = createSocket(family === 'IPv6' ? 'udp6' : 'udp4');
    const finish = (wrong: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(wrong);
    };
    const timer = setTimeout(() => finish('no answer'), TIMEOUT_MS);
    socket.on('error', (error) => finish(error.message));
    socket.on('message', (reply) => {
      if (u16(reply, 0) !== ID) return;
      const rcode = u16(reply, 2) & 0xf;
      finish(rcode === RCODE.NOERROR ? '' : `answered with rcode ${rcode}`);
    });
    // Connected, so that a closed port is an error at once and not a timeout.
    socket.connect(server.port, reachable(server.address), () => socket.send(soaQuery(domain)));
  });
}

/** A wildcard is no destination everywhere; loopback reaches its listener. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

function soaQuery(domain: string): Uint8Array {
  const labels = domain.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  const query = Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 0, 0, 0]);
  putU16(query, 0, ID);
  putU16(query, query.length - 4, TYPE.SOA);
  putU16(query, query.length - 2, PROBE_CLASS);
  return query;
}
